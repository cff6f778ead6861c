/**
 * The productions of RASP and of the dialect's directives: syntax alone, no meaning and no actions. The result is a concrete
 * syntax tree (`cst-types.ts`, generated); `rasp.ebnf` is generated from here too. Binary operators have a rule for each level
 * of precedence, loosest first, and every level is left-associative.
 */
import { CstParser, type IParserErrorMessageProvider, Lexer } from 'chevrotain';
import * as t from './tokens.ts';

export class RaspGrammar extends CstParser {
  readonly program = this.RULE('program', () => {
    this.MANY(() => this.SUBRULE(this.statement));
  });

  readonly statement = this.RULE('statement', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.blockStatement) },
      { ALT: () => this.SUBRULE(this.setExample) },
      { ALT: () => this.SUBRULE(this.showExample) },
      { ALT: () => this.SUBRULE(this.toggleExamples) },
      { ALT: () => this.SUBRULE(this.toggleFullDisplay) },
      { ALT: () => this.SUBRULE(this.exit) },
      { ALT: () => this.SUBRULE(this.directive) },
    ]);
  });

  /** What may also stand inside a function or a loop. */
  readonly blockStatement = this.RULE('blockStatement', () => {
    this.OR({
      // A name starts both: only what follows it tells an assignment from an expression.
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { ALT: () => this.SUBRULE(this.functionDefinition) },
        { ALT: () => this.SUBRULE(this.forLoop) },
        { ALT: () => this.SUBRULE(this.load) },
        { ALT: () => this.SUBRULE(this.draw) },
        { GATE: () => this.LA(2).tokenType === t.Assign || this.LA(2).tokenType === t.Comma, ALT: () => this.SUBRULE(this.assignment) },
        { ALT: () => this.SUBRULE(this.expressionStatement) },
      ],
    });
  });

  readonly functionDefinition = this.RULE('functionDefinition', () => {
    this.CONSUME(t.Def);
    this.CONSUME(t.Identifier);
    this.CONSUME(t.LParen);
    this.OPTION(() => this.SUBRULE(this.names));
    this.CONSUME(t.RParen);
    this.CONSUME(t.LBrace);
    this.MANY(() => this.SUBRULE(this.blockStatement));
    this.SUBRULE(this.returnStatement);
    this.CONSUME(t.RBrace);
  });

  readonly returnStatement = this.RULE('returnStatement', () => {
    this.CONSUME(t.Return);
    this.SUBRULE(this.expressions);
    this.CONSUME(t.Semicolon);
  });

  readonly forLoop = this.RULE('forLoop', () => {
    this.CONSUME(t.For);
    this.SUBRULE(this.names);
    this.CONSUME(t.In);
    this.SUBRULE(this.expression);
    this.CONSUME(t.LBrace);
    this.AT_LEAST_ONE(() => this.SUBRULE(this.blockStatement));
    this.CONSUME(t.RBrace);
  });

  readonly load = this.RULE('load', () => {
    this.CONSUME(t.Load);
    this.CONSUME(t.Str);
    this.CONSUME(t.Semicolon);
  });

  readonly draw = this.RULE('draw', () => {
    this.CONSUME(t.Draw);
    this.CONSUME(t.LParen);
    this.SUBRULE(this.expression);
    this.OPTION(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.expression);
    });
    this.CONSUME(t.RParen);
    this.CONSUME(t.Semicolon);
  });

  readonly assignment = this.RULE('assignment', () => {
    this.SUBRULE(this.names);
    this.CONSUME(t.Assign);
    this.SUBRULE(this.expressions);
    this.CONSUME(t.Semicolon);
  });

  readonly expressionStatement = this.RULE('expressionStatement', () => {
    this.SUBRULE(this.expression);
    this.CONSUME(t.Semicolon);
  });

  readonly setExample = this.RULE('setExample', () => {
    this.CONSUME(t.SetWord);
    this.OPTION(() => this.SUBRULE(this.exampleKind));
    this.CONSUME(t.Example);
    this.SUBRULE(this.expression);
  });

  readonly showExample = this.RULE('showExample', () => {
    this.CONSUME(t.Show);
    this.OPTION(() => this.SUBRULE(this.exampleKind));
    this.CONSUME(t.Example);
  });

  readonly toggleExamples = this.RULE('toggleExamples', () => {
    this.OPTION(() => this.SUBRULE(this.exampleKind));
    this.CONSUME(t.Examples);
    this.SUBRULE(this.toggle);
  });

  readonly toggleFullDisplay = this.RULE('toggleFullDisplay', () => {
    this.CONSUME(t.FullSeqDisplay);
    this.SUBRULE(this.toggle);
  });

  readonly exampleKind = this.RULE('exampleKind', () => {
    this.OR([{ ALT: () => this.CONSUME(t.SOp, { LABEL: 'word' }) }, { ALT: () => this.CONSUME(t.Selector, { LABEL: 'word' }) }]);
  });

  readonly toggle = this.RULE('toggle', () => {
    this.OR([{ ALT: () => this.CONSUME(t.On, { LABEL: 'word' }) }, { ALT: () => this.CONSUME(t.Off, { LABEL: 'word' }) }]);
  });

  readonly exit = this.RULE('exit', () => {
    this.OR([{ ALT: () => this.CONSUME(t.Exit, { LABEL: 'word' }) }, { ALT: () => this.CONSUME(t.Quit, { LABEL: 'word' }) }]);
    this.OPTION(() => {
      this.CONSUME(t.LParen);
      this.CONSUME(t.RParen);
    });
  });

  readonly directive = this.RULE('directive', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.vocabDirective) },
      { ALT: () => this.SUBRULE(this.contextDirective) },
      { ALT: () => this.SUBRULE(this.directionDirective) },
      { ALT: () => this.SUBRULE(this.exportDirective) },
      { ALT: () => this.SUBRULE(this.exampleDirective) },
      { ALT: () => this.SUBRULE(this.assumeDirective) },
      { ALT: () => this.SUBRULE(this.stepDirective) },
      { ALT: () => this.SUBRULE(this.haltDirective) },
    ]);
  });

  readonly vocabDirective = this.RULE('vocabDirective', () => {
    this.CONSUME(t.VocabDirective);
    this.SUBRULE(this.expression);
    this.CONSUME(t.Semicolon);
  });

  readonly contextDirective = this.RULE('contextDirective', () => {
    this.CONSUME(t.ContextDirective);
    this.SUBRULE(this.expression);
    this.CONSUME(t.Semicolon);
  });

  readonly directionDirective = this.RULE('directionDirective', () => {
    this.OR([
      { ALT: () => this.CONSUME(t.CausalDirective, { LABEL: 'word' }) },
      { ALT: () => this.CONSUME(t.BidirectionalDirective, { LABEL: 'word' }) },
    ]);
    this.CONSUME(t.Semicolon);
  });

  readonly exportDirective = this.RULE('exportDirective', () => {
    this.CONSUME(t.ExportDirective);
    this.CONSUME(t.Identifier);
    this.CONSUME(t.Semicolon);
  });

  readonly exampleDirective = this.RULE('exampleDirective', () => {
    this.CONSUME(t.ExampleDirective);
    this.CONSUME(t.Identifier);
    this.CONSUME(t.LParen);
    this.SUBRULE(this.expression);
    this.CONSUME(t.RParen);
    this.CONSUME(t.Equal);
    this.SUBRULE2(this.expression);
    this.CONSUME(t.Semicolon);
  });

  readonly assumeDirective = this.RULE('assumeDirective', () => {
    this.CONSUME(t.AssumeDirective);
    this.SUBRULE(this.expression);
    this.CONSUME(t.Semicolon);
  });

  readonly stepDirective = this.RULE('stepDirective', () => {
    this.CONSUME(t.StepDirective);
    this.CONSUME(t.Identifier);
    this.CONSUME(t.Semicolon);
  });

  readonly haltDirective = this.RULE('haltDirective', () => {
    this.CONSUME(t.HaltDirective);
    this.SUBRULE(this.expression);
    this.CONSUME(t.Semicolon);
  });

  readonly names = this.RULE('names', () => {
    this.CONSUME(t.Identifier);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.CONSUME2(t.Identifier);
    });
  });

  readonly expressions = this.RULE('expressions', () => {
    this.SUBRULE(this.expression);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.expression);
    });
  });

  readonly expression = this.RULE('expression', () => {
    this.SUBRULE(this.choice);
    this.MANY(() => {
      this.CONSUME(t.In);
      this.SUBRULE2(this.choice);
    });
  });

  readonly choice = this.RULE('choice', () => {
    this.SUBRULE(this.logical);
    this.MANY(() => {
      this.CONSUME(t.If);
      this.SUBRULE(this.expression);
      this.CONSUME(t.Else);
      this.SUBRULE2(this.logical);
    });
  });

  readonly logical = this.RULE('logical', () => {
    this.SUBRULE(this.comparison);
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(t.And, { LABEL: 'operator' }) }, { ALT: () => this.CONSUME(t.Or, { LABEL: 'operator' }) }]);
      this.SUBRULE2(this.comparison);
    });
  });

  readonly comparison = this.RULE('comparison', () => {
    this.SUBRULE(this.sum);
    this.MANY(() => {
      this.SUBRULE(this.comparisonOperator);
      this.SUBRULE2(this.sum);
    });
  });

  readonly comparisonOperator = this.RULE('comparisonOperator', () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Equal, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(t.NotEqual, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(t.LessEqual, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(t.GreaterEqual, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(t.Less, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(t.Greater, { LABEL: 'operator' }) },
    ]);
  });

  readonly sum = this.RULE('sum', () => {
    this.SUBRULE(this.modulo);
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Plus, { LABEL: 'operator' }) }, { ALT: () => this.CONSUME(t.Minus, { LABEL: 'operator' }) }]);
      this.SUBRULE2(this.modulo);
    });
  });

  readonly modulo = this.RULE('modulo', () => {
    this.SUBRULE(this.product);
    this.MANY(() => {
      this.CONSUME(t.Modulo, { LABEL: 'operator' });
      this.SUBRULE2(this.product);
    });
  });

  readonly product = this.RULE('product', () => {
    this.SUBRULE(this.power);
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Times, { LABEL: 'operator' }) }, { ALT: () => this.CONSUME(t.Divide, { LABEL: 'operator' }) }]);
      this.SUBRULE2(this.power);
    });
  });

  readonly power = this.RULE('power', () => {
    this.SUBRULE(this.unary);
    this.MANY(() => {
      this.CONSUME(t.Power, { LABEL: 'operator' });
      this.SUBRULE2(this.unary);
    });
  });

  /** Prefix operators are one level, below indexing and calls: `not 1 == 2` is `(not 1) == 2`, and `-2^2` is 4. */
  readonly unary = this.RULE('unary', () => {
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(t.Not, { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(t.Minus, { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(t.Plus, { LABEL: 'operator' }) },
      ]);
    });
    this.SUBRULE(this.postfix);
  });

  readonly postfix = this.RULE('postfix', () => {
    this.SUBRULE(this.primary);
    this.MANY(() => {
      this.OR([{ ALT: () => this.SUBRULE(this.index, { LABEL: 'suffix' }) }, { ALT: () => this.SUBRULE(this.call, { LABEL: 'suffix' }) }]);
    });
  });

  readonly index = this.RULE('index', () => {
    this.CONSUME(t.LBracket);
    this.SUBRULE(this.expression);
    this.CONSUME(t.RBracket);
  });

  /** A comparison alone comes last in `select (KEYS, QUERIES, ==)`, which is `select(` with a space. */
  readonly call = this.RULE('call', () => {
    this.CONSUME(t.LParen);
    this.OPTION(() => {
      this.SUBRULE(this.expression);
      this.MANY(() => {
        this.CONSUME(t.Comma);
        this.OR([{ ALT: () => this.SUBRULE2(this.expression) }, { ALT: () => this.SUBRULE(this.comparisonOperator) }]);
      });
    });
    this.CONSUME(t.RParen);
  });

  readonly primary = this.RULE('primary', () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Identifier) },
      { ALT: () => this.CONSUME(t.Int) },
      { ALT: () => this.CONSUME(t.Float) },
      { ALT: () => this.CONSUME(t.Str) },
      { ALT: () => this.SUBRULE(this.group) },
      { ALT: () => this.SUBRULE(this.list) },
      { ALT: () => this.SUBRULE(this.dictionary) },
      { ALT: () => this.SUBRULE(this.select) },
      { ALT: () => this.SUBRULE(this.aggregate) },
      { ALT: () => this.SUBRULE(this.listForm) },
      { ALT: () => this.SUBRULE(this.unaryForm) },
    ]);
  });

  readonly group = this.RULE('group', () => {
    this.CONSUME(t.LParen);
    this.SUBRULE(this.expression);
    this.CONSUME(t.RParen);
  });

  readonly list = this.RULE('list', () => {
    this.CONSUME(t.LBracket);
    this.OPTION(() => {
      this.SUBRULE(this.expression);
      this.OR([
        { ALT: () => this.SUBRULE(this.comprehension) },
        {
          ALT: () =>
            this.MANY(() => {
              this.CONSUME(t.Comma);
              this.SUBRULE2(this.expression);
            }),
        },
      ]);
    });
    this.CONSUME(t.RBracket);
  });

  readonly dictionary = this.RULE('dictionary', () => {
    this.CONSUME(t.LBrace);
    this.OPTION(() => {
      this.SUBRULE(this.entry);
      this.OR([
        { ALT: () => this.SUBRULE(this.comprehension) },
        {
          ALT: () =>
            this.MANY(() => {
              this.CONSUME(t.Comma);
              this.SUBRULE2(this.entry);
            }),
        },
      ]);
    });
    this.CONSUME(t.RBrace);
  });

  readonly entry = this.RULE('entry', () => {
    this.SUBRULE(this.expression);
    this.CONSUME(t.Colon);
    this.SUBRULE2(this.expression);
  });

  readonly comprehension = this.RULE('comprehension', () => {
    this.CONSUME(t.For);
    this.SUBRULE(this.names);
    this.CONSUME(t.In);
    this.SUBRULE(this.expression);
  });

  readonly select = this.RULE('select', () => {
    this.CONSUME(t.SelectOpen);
    this.SUBRULE(this.expression);
    this.CONSUME(t.Comma);
    this.SUBRULE2(this.expression);
    this.CONSUME2(t.Comma);
    this.SUBRULE(this.comparisonOperator);
    this.CONSUME(t.RParen);
  });

  readonly aggregate = this.RULE('aggregate', () => {
    this.CONSUME(t.AggregateOpen);
    this.SUBRULE(this.expression);
    this.CONSUME(t.Comma);
    this.SUBRULE2(this.expression);
    this.OPTION(() => {
      this.CONSUME2(t.Comma);
      this.SUBRULE3(this.expression);
    });
    this.CONSUME(t.RParen);
  });

  readonly listForm = this.RULE('listForm', () => {
    this.OR([
      {
        ALT: () => {
          this.OR2([
            { ALT: () => this.CONSUME(t.RangeOpen, { LABEL: 'open' }) },
            { ALT: () => this.CONSUME(t.ZipOpen, { LABEL: 'open' }) },
          ]);
          this.SUBRULE(this.expressions);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.LenOpen, { LABEL: 'open' });
          this.SUBRULE(this.expression);
        },
      },
    ]);
    this.CONSUME(t.RParen);
  });

  readonly unaryForm = this.RULE('unaryForm', () => {
    this.OR([{ ALT: () => this.CONSUME(t.Round, { LABEL: 'operator' }) }, { ALT: () => this.CONSUME(t.Indicator, { LABEL: 'operator' }) }]);
    this.CONSUME(t.LParen);
    this.SUBRULE(this.expression);
    this.CONSUME(t.RParen);
  });

  /** An expression by itself, as on the command line. */
  readonly loneExpression = this.RULE('loneExpression', () => {
    this.SUBRULE(this.expression);
    this.OPTION(() => this.CONSUME(t.Semicolon));
  });

  /**
   * With recovery the parser reads on after a fault and reports every one, at a third of the speed. Validation of the grammar
   * itself costs time at every start, so a test does it.
   */
  constructor(options: { readonly recovery: boolean; readonly errorMessages?: IParserErrorMessageProvider; readonly validate?: boolean }) {
    super([...t.TOKENS], {
      recoveryEnabled: options.recovery,
      maxLookahead: 1,
      skipValidations: options.validate !== true,
      ...(options.errorMessages === undefined ? {} : { errorMessageProvider: options.errorMessages }),
    });
    this.performSelfAnalysis();
  }
}

/** Positions are offsets only: lines and columns come from the source file's line table. */
export function raspLexer(): Lexer {
  return new Lexer([...t.TOKENS], { ensureOptimizations: true, skipValidations: true, positionTracking: 'onlyOffset' });
}
