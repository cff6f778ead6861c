/** Turns the concrete syntax tree of a file without faults into its abstract syntax. */
import type { CstNode, IToken } from 'chevrotain';
import type * as cst from '../../grammar/cst-types.ts';
import type { SourceFile, Span } from '../source/source-file.ts';
import type * as ast from './ast.ts';
import { checkBuiltinCall, checkChain, intValue, type SyntaxFault } from './check-forms.ts';

/** The word for a vocabulary that the program does not list; null for an expression that lists one. */
export function openVocabulary(expression: ast.Expression): ast.OpenVocabulary | null {
  if (expression.kind !== 'name') return null;
  return expression.name === 'any' || expression.name === 'tokenizer' ? expression.name : null;
}

/** Builds one file's tree; faults that the productions cannot see are collected in `faults`. */
export class AstBuilder {
  readonly faults: SyntaxFault[] = [];
  readonly #file: SourceFile;

  constructor(file: SourceFile) {
    this.#file = file;
  }

  statements(node: cst.ProgramCstNode): ast.Statement[] {
    return (node.children.statement ?? []).map((statement) => this.#statement(statement));
  }

  expression(node: cst.ExpressionCstNode): ast.Expression {
    const { choice, In } = node.children;
    let element = this.#choice(first(choice));
    checkChain(In?.length ?? 0, element.span, this.faults);
    for (let i = 1; i <= (In?.length ?? 0); i++) {
      const container = this.#choice(at(choice, i));
      element = { kind: 'member', element, container, span: this.#cover(element, container) };
    }
    return element;
  }

  #span(start: number, end: number): Span {
    return { file: this.#file, start, end };
  }

  #between(from: IToken, to: IToken): Span {
    return this.#span(from.startOffset, endOf(to));
  }

  #cover(from: { readonly span: Span }, to: { readonly span: Span }): Span {
    return this.#span(from.span.start, to.span.end);
  }

  #statement(node: cst.StatementCstNode): ast.Statement {
    const children = node.children;
    if (children.blockStatement) return this.#blockStatement(first(children.blockStatement));
    if (children.directive) return this.#directive(first(children.directive));
    if (children.setExample) {
      const { Set: open, exampleKind, expression } = first(children.setExample).children;
      const value = this.expression(first(expression));
      return { kind: 'set-example', which: kindOf(exampleKind), value, span: this.#span(first(open).startOffset, value.span.end) };
    }
    if (children.showExample) {
      const { Show: open, exampleKind, Example: close } = first(children.showExample).children;
      return { kind: 'show-example', which: kindOf(exampleKind), span: this.#between(first(open), first(close)) };
    }
    if (children.toggleExamples) {
      const { exampleKind, Examples: word, toggle } = first(children.toggleExamples).children;
      const open = exampleKind === undefined ? first(word) : first(first(exampleKind).children.word);
      const close = first(first(toggle).children.word);
      return { kind: 'toggle-examples', which: kindOf(exampleKind), on: close.image === 'on', span: this.#between(open, close) };
    }
    if (children.toggleFullDisplay) {
      const { FullSeqDisplay: open, toggle } = first(children.toggleFullDisplay).children;
      const close = first(first(toggle).children.word);
      return { kind: 'toggle-full-display', on: close.image === 'on', span: this.#between(first(open), close) };
    }
    const { word, RParen: close } = first(children.exit).children;
    return { kind: 'exit', span: this.#between(first(word), close === undefined ? first(word) : first(close)) };
  }

  #directive(node: cst.DirectiveCstNode): ast.Directive {
    const children = node.children;
    if (children.vocabDirective) {
      const { VocabDirective: open, expression, Semicolon: close } = first(children.vocabDirective).children;
      const vocabulary = this.expression(first(expression));
      return {
        kind: 'vocab-directive',
        vocabulary: openVocabulary(vocabulary) ?? vocabulary,
        span: this.#between(first(open), first(close)),
      };
    }
    if (children.assumeDirective) {
      const { AssumeDirective: open, expression, Semicolon: close } = first(children.assumeDirective).children;
      return { kind: 'assume-directive', condition: this.expression(first(expression)), span: this.#between(first(open), first(close)) };
    }
    if (children.stepDirective) {
      const { StepDirective: open, Identifier, Semicolon: close } = first(children.stepDirective).children;
      return { kind: 'step-directive', name: this.#name(first(Identifier)), span: this.#between(first(open), first(close)) };
    }
    if (children.haltDirective) {
      const { HaltDirective: open, expression, Semicolon: close } = first(children.haltDirective).children;
      return { kind: 'halt-directive', value: this.expression(first(expression)), span: this.#between(first(open), first(close)) };
    }
    if (children.contextDirective) {
      const { ContextDirective: open, expression, Semicolon: close } = first(children.contextDirective).children;
      return { kind: 'context-directive', length: this.expression(first(expression)), span: this.#between(first(open), first(close)) };
    }
    if (children.directionDirective) {
      const { word, Semicolon: close } = first(children.directionDirective).children;
      return { kind: 'direction-directive', causal: first(word).image === '@causal', span: this.#between(first(word), first(close)) };
    }
    if (children.exportDirective) {
      const { ExportDirective: open, Identifier, Semicolon: close } = first(children.exportDirective).children;
      return { kind: 'export-directive', name: this.#name(first(Identifier)), span: this.#between(first(open), first(close)) };
    }
    const { ExampleDirective: open, Identifier, expression, Semicolon: close } = first(children.exampleDirective).children;
    return {
      kind: 'example-directive',
      name: this.#name(first(Identifier)),
      input: this.expression(at(expression, 0)),
      expected: this.expression(at(expression, 1)),
      span: this.#between(first(open), first(close)),
    };
  }

  #blockStatement(node: cst.BlockStatementCstNode): ast.BlockStatement {
    const children = node.children;
    if (children.assignment) {
      const { names, expressions, Semicolon: close } = first(children.assignment).children;
      const targets = this.#names(first(names));
      return {
        kind: 'assignment',
        targets,
        values: this.#expressions(first(expressions)),
        span: this.#span(at(targets, 0).span.start, endOf(first(close))),
      };
    }
    if (children.expressionStatement) {
      const { expression, Semicolon: close } = first(children.expressionStatement).children;
      const value = this.expression(first(expression));
      return { kind: 'expression-statement', expression: value, span: this.#span(value.span.start, endOf(first(close))) };
    }
    if (children.functionDefinition) {
      const { Def: open, Identifier, names, blockStatement, returnStatement, RBrace: close } = first(children.functionDefinition).children;
      return {
        kind: 'function',
        name: this.#name(first(Identifier)),
        parameters: names === undefined ? [] : this.#names(first(names)),
        body: (blockStatement ?? []).map((statement) => this.#blockStatement(statement)),
        results: this.#expressions(first(first(returnStatement).children.expressions)),
        span: this.#between(first(open), first(close)),
      };
    }
    if (children.forLoop) {
      const { For: open, names, expression, blockStatement, RBrace: close } = first(children.forLoop).children;
      return {
        kind: 'for',
        generator: { variables: this.#names(first(names)), iterable: this.expression(first(expression)) },
        body: blockStatement.map((statement) => this.#blockStatement(statement)),
        span: this.#between(first(open), first(close)),
      };
    }
    if (children.load) {
      const { Load: open, String: path, Semicolon: close } = first(children.load).children;
      return { kind: 'load', path: this.#string(first(path)), span: this.#between(first(open), first(close)) };
    }
    const { Draw: open, expression, Semicolon: close } = first(children.draw).children;
    const [subject, input] = expression;
    return {
      kind: 'draw',
      subject: this.expression(first(subject === undefined ? undefined : [subject])),
      input: input === undefined ? null : this.expression(input),
      span: this.#between(first(open), first(close)),
    };
  }

  #name(token: IToken): ast.Name {
    return { kind: 'name', name: token.image, span: this.#between(token, token) };
  }

  #string(token: IToken): ast.StringLiteral {
    return { kind: 'string', value: token.image.slice(1, -1), span: this.#between(token, token) };
  }

  #names(node: cst.NamesCstNode): ast.Name[] {
    return node.children.Identifier.map((token) => this.#name(token));
  }

  #expressions(node: cst.ExpressionsCstNode): ast.Expression[] {
    return node.children.expression.map((expression) => this.expression(expression));
  }

  #choice(node: cst.ChoiceCstNode): ast.Expression {
    const { logical, If, expression } = node.children;
    let chosen = this.#operators(first(logical));
    checkChain(If?.length ?? 0, chosen.span, this.faults);
    for (let i = 0; i < (If?.length ?? 0); i++) {
      const condition = this.expression(at(expression, i));
      const otherwise = this.#operators(at(logical, i + 1));
      chosen = { kind: 'choose', condition, consequent: chosen, otherwise, span: this.#cover(chosen, otherwise) };
    }
    return chosen;
  }

  /** The levels from `logical` down to `unary` have one shape: operands, and the operators between them. */
  #operators(level: CstNode): ast.Expression {
    let node = level;
    for (;;) {
      const below = OPERANDS[node.name];
      if (below === undefined) return this.#unary(node as cst.UnaryCstNode);
      const operands = node.children[below] as CstNode[];
      if (operands.length > 1) return this.#fold(node, operands);
      node = first(operands);
    }
  }

  #fold(node: CstNode, operands: readonly CstNode[]): ast.Expression {
    const operators = (node.children.operator ?? node.children.comparisonOperator ?? []) as readonly (
      | IToken
      | cst.ComparisonOperatorCstNode
    )[];
    let left = this.#operators(at(operands, 0));
    for (let i = 1; i < operands.length; i++) {
      const sign = at(operators, i - 1);
      const operator = 'image' in sign ? sign.image : first(sign.children.operator).image;
      const right = this.#operators(at(operands, i));
      left = { kind: 'binary', operator: operator as ast.BinarySign, left, right, span: this.#cover(left, right) };
    }
    return left;
  }

  #unary(node: cst.UnaryCstNode): ast.Expression {
    const { operator, postfix } = node.children;
    let operand = this.#postfix(first(postfix));
    for (let i = (operator?.length ?? 0) - 1; i >= 0; i--) {
      const sign = at(operator, i);
      operand = { kind: 'unary', operator: sign.image as ast.UnarySign, operand, span: this.#span(sign.startOffset, operand.span.end) };
    }
    return operand;
  }

  #postfix(node: cst.PostfixCstNode): ast.Expression {
    const { primary, suffix } = node.children;
    let subject = this.#primary(first(primary));
    checkChain(suffix?.length ?? 0, subject.span, this.faults);
    for (const each of suffix ?? []) {
      if (each.name === 'index') {
        const { expression, RBracket } = (each as cst.IndexCstNode).children;
        const index = this.expression(first(expression));
        subject = { kind: 'index', subject, index, span: this.#span(subject.span.start, endOf(first(RBracket))) };
      } else {
        subject = this.#call(subject, each as cst.CallCstNode);
      }
    }
    return subject;
  }

  #call(callee: ast.Expression, node: cst.CallCstNode): ast.Expression {
    const { expression, comparisonOperator, RParen } = node.children;
    const args = (expression ?? []).map((arg) => this.expression(arg));
    const operators = (comparisonOperator ?? []).map((operator) => first(operator.children.operator));
    const span = this.#span(callee.span.start, endOf(first(RParen)));
    const call: ast.Call = { kind: 'call', callee, args, span };
    return checkBuiltinCall(call, operators, this.faults);
  }

  #primary(node: cst.PrimaryCstNode): ast.Expression {
    const children = node.children;
    if (children.Identifier) return this.#name(first(children.Identifier));
    if (children.Int) {
      const token = first(children.Int);
      const span = this.#between(token, token);
      return { kind: 'int', value: intValue(token.image, span, this.faults), span };
    }
    if (children.Float) {
      const token = first(children.Float);
      return { kind: 'float', value: Number(token.image), text: token.image, span: this.#between(token, token) };
    }
    if (children.String) return this.#string(first(children.String));
    if (children.group) {
      const { LParen: open, expression, RParen: close } = first(children.group).children;
      return { ...this.expression(first(expression)), span: this.#between(first(open), first(close)) };
    }
    if (children.list) return this.#list(first(children.list));
    if (children.dictionary) return this.#dictionary(first(children.dictionary));
    if (children.select) {
      const { SelectOpen: open, expression, comparisonOperator, RParen: close } = first(children.select).children;
      return {
        kind: 'select',
        keys: this.expression(at(expression, 0)),
        queries: this.expression(at(expression, 1)),
        operator: first(first(comparisonOperator).children.operator).image as ast.ComparisonSign,
        span: this.#between(first(open), first(close)),
      };
    }
    if (children.aggregate) {
      const { AggregateOpen: open, expression, RParen: close } = first(children.aggregate).children;
      const otherwise = expression[2];
      return {
        kind: 'aggregate',
        selector: this.expression(at(expression, 0)),
        value: this.expression(at(expression, 1)),
        default: otherwise === undefined ? null : this.expression(otherwise),
        span: this.#between(first(open), first(close)),
      };
    }
    if (children.listForm) {
      const { open, expressions, expression, RParen: close } = first(children.listForm).children;
      const kind = first(open).image.slice(0, -1) as ast.ListForm['kind'];
      const args = expressions === undefined ? [this.expression(first(expression))] : this.#expressions(first(expressions));
      return { kind, args, span: this.#between(first(open), first(close)) };
    }
    const { operator, expression, RParen: close } = first(children.unaryForm).children;
    const sign = first(operator);
    return {
      kind: 'unary',
      operator: sign.image as ast.UnarySign,
      operand: this.expression(first(expression)),
      span: this.#between(sign, first(close)),
    };
  }

  #list(node: cst.ListCstNode): ast.Expression {
    const { LBracket: open, expression, comprehension, RBracket: close } = node.children;
    const span = this.#between(first(open), first(close));
    const items = (expression ?? []).map((item) => this.expression(item));
    if (comprehension === undefined) return { kind: 'list', items, span };
    return { kind: 'list-comprehension', element: at(items, 0), generator: this.#generator(first(comprehension)), span };
  }

  #dictionary(node: cst.DictionaryCstNode): ast.Expression {
    const { LBrace: open, entry, comprehension, RBrace: close } = node.children;
    const span = this.#between(first(open), first(close));
    const entries = (entry ?? []).map(({ children }) => ({
      key: this.expression(at(children.expression, 0)),
      value: this.expression(at(children.expression, 1)),
    }));
    if (comprehension === undefined) return { kind: 'dictionary', entries, span };
    const { key, value } = at(entries, 0);
    return { kind: 'dictionary-comprehension', key, value, generator: this.#generator(first(comprehension)), span };
  }

  #generator(node: cst.ComprehensionCstNode): ast.Generator {
    return { variables: this.#names(first(node.children.names)), iterable: this.expression(first(node.children.expression)) };
  }
}

/** The rule of the operands of each level. */
const OPERANDS: Readonly<Record<string, string>> = {
  logical: 'comparison',
  comparison: 'sum',
  sum: 'modulo',
  modulo: 'product',
  product: 'power',
  power: 'unary',
};

function kindOf(node: readonly cst.ExampleKindCstNode[] | undefined): ast.ExampleKind {
  return node === undefined ? 'both' : (first(first(node).children.word).image as ast.ExampleKind);
}

function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

/** The production promises the child; without it the parser would have reported a fault. */
function first<T>(children: readonly T[] | undefined): T {
  return at(children, 0);
}

function at<T>(children: readonly T[] | undefined, index: number): T {
  const child = children?.[index];
  if (child === undefined) throw new Error('a concrete syntax tree without faults lacks a child');
  return child;
}
