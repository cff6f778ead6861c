/**
 * editors/rasp.tmLanguage.json: how editors colour RASP. The lexer's own tokens in the lexer's own order, each with a scope, and the
 * names that are always there; so what an editor shows is what raspc reads.
 */
import * as t from '../grammar/tokens.ts';
import { Elaborator } from '../src/graph/elaborate/elaborator.ts';
import { FAILED } from '../src/graph/elaborate/names/environment.ts';
import { type TermKind, termKind } from '../src/graph/elaborate/terms/term.ts';

type Token = typeof t.Identifier;

interface Rule {
  readonly match: string;
  readonly name: string;
}

const LANGUAGE = 'rasp';

/** The scope of every token; those that the lexer knows only to reject are shown as wrong while they are typed. */
const SCOPES: ReadonlyMap<Token, string> = new Map([
  [t.Comment, 'comment.line.number-sign'],
  [t.Str, 'string.quoted.double'],
  [t.Float, 'constant.numeric.float'],
  [t.Int, 'constant.numeric.integer'],
  ...each('invalid.illegal', t.SingleQuotedString, t.UnterminatedString, t.MalformedNumber, t.ForeignOperator, t.UnknownDirective),
  ...each('support.function.builtin', t.SelectOpen, t.AggregateOpen, t.RangeOpen, t.ZipOpen, t.LenOpen, t.Round, t.Indicator),
  ...each('keyword.other', t.FullSeqDisplay, t.SOp, t.Examples, t.Example, t.Selector, t.SetWord, t.Show, t.Draw, t.Exit, t.Quit),
  ...each('constant.language', t.On, t.Off),
  [t.Load, 'keyword.control.import'],
  [t.Def, 'storage.type.function'],
  [t.Return, 'keyword.control.flow'],
  [t.For, 'keyword.control.loop'],
  ...each('keyword.control.conditional', t.If, t.Else),
  ...each('keyword.operator.logical', t.In, t.Not, t.And, t.Or),
  [t.Identifier, 'variable.other'],
  ...each('keyword.operator.comparison', t.Equal, t.NotEqual, t.LessEqual, t.GreaterEqual, t.Less, t.Greater),
  [t.Assign, 'keyword.operator.assignment'],
  ...each('keyword.operator.arithmetic', t.Plus, t.Minus, t.Times, t.Divide, t.Modulo, t.Power),
  [t.LParen, 'punctuation.section.parens.begin'],
  [t.RParen, 'punctuation.section.parens.end'],
  [t.LBracket, 'punctuation.section.brackets.begin'],
  [t.RBracket, 'punctuation.section.brackets.end'],
  [t.LBrace, 'punctuation.section.braces.begin'],
  [t.RBrace, 'punctuation.section.braces.end'],
  [t.Comma, 'punctuation.separator.sequence'],
  [t.Semicolon, 'punctuation.terminator.statement'],
  [t.Colon, 'punctuation.separator.key-value'],
  ...each('keyword.control.directive', ...t.DIRECTIVES),
]);

function each(scope: string, ...tokens: readonly Token[]): (readonly [Token, string])[] {
  return tokens.map((token) => [token, scope] as const);
}

/** The scopes of names that are always there, by what they stand for. */
const NAME_SCOPES: Readonly<Record<TermKind, string>> = {
  atom: 'constant.language',
  's-op': 'support.variable',
  selector: 'support.variable',
  function: 'support.function.library',
  list: 'support.variable',
  dictionary: 'support.variable',
};

const CALL = '(?=\\s*\\()';
const END_OF_WORD = '(?![a-zA-Z_0-9])';

/** The text of the grammar. */
export function textMateGrammar(): string {
  const identifier = source(t.Identifier);
  const tokens = t.TOKENS.filter((token) => token !== t.WhiteSpace);
  const beforeNames = tokens.slice(0, tokens.indexOf(t.Identifier));
  const afterNames = tokens.slice(beforeNames.length + 1);
  const grammar = {
    information_for_contributors: ['Generated from grammar/tokens.ts by `npm run editors`.'],
    name: 'RASP',
    scopeName: `source.${LANGUAGE}`,
    fileTypes: ['rasp'],
    patterns: [{ include: '#definition' }, { include: '#tokens' }],
    repository: {
      definition: {
        begin: `(${source(t.Def)})\\s+(${identifier})\\s*(\\()`,
        beginCaptures: captures([scopeOf(t.Def), 'entity.name.function', scopeOf(t.LParen)]),
        // a definition that is still being typed does not swallow the rest
        end: '(\\))|(?=[;{}])',
        endCaptures: captures([scopeOf(t.RParen)]),
        patterns: [tokenRule(t.Comment), { match: identifier, name: scoped('variable.parameter') }, tokenRule(t.Comma)],
      },
      tokens: {
        patterns: [
          ...merged(beforeNames.map(tokenRule)),
          ...nameRules(),
          { match: `${identifier}${CALL}`, name: scoped('entity.name.function.call') },
          ...merged([t.Identifier, ...afterNames].map(tokenRule)),
          { match: '\\S', name: scoped('invalid.illegal') },
        ],
      },
    },
  };
  return `${JSON.stringify(grammar, null, 2)}\n`;
}

function scoped(scope: string): string {
  return `${scope}.${LANGUAGE}`;
}

function captures(scopes: readonly string[]): Record<string, { name: string }> {
  return Object.fromEntries(scopes.map((scope, index) => [String(index + 1), { name: scoped(scope) }]));
}

function scopeOf(token: Token): string {
  const scope = SCOPES.get(token);
  if (scope === undefined) throw new Error(`no scope for the token ${token.name}`);
  return scope;
}

/** The pattern of a token as Oniguruma reads it, which is as JavaScript does for all that the lexer uses. */
function source({ PATTERN, LONGER_ALT }: Token): string {
  if (PATTERN instanceof RegExp) return PATTERN.source;
  if (typeof PATTERN !== 'string') throw new Error('a token without a pattern');
  const literal = PATTERN.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return LONGER_ALT === undefined ? literal : `${literal}${END_OF_WORD}`;
}

/** A builtin's parenthesis is part of its token, but not of its name; there may be white space between them. */
function tokenRule(token: Token): Rule {
  const [, builtin] = /^(\w+)\($/.exec(String(token.PATTERN)) ?? [];
  return { match: builtin === undefined ? source(token) : `${builtin}${CALL}`, name: scoped(scopeOf(token)) };
}

/** Neighbours of one scope as one rule: since the first rule that matches wins, their order stays. */
function merged(rules: readonly Rule[]): Rule[] {
  const groups: Rule[] = [];
  for (const rule of rules) {
    const last = groups.at(-1);
    if (last?.name === rule.name) groups.splice(-1, 1, { ...last, match: `${last.match}|${rule.match}` });
    else groups.push(rule);
  }
  return groups;
}

/** What the base environment holds: rasplib, the base s-ops, `True` and `False`. */
function nameRules(): Rule[] {
  const { base } = new Elaborator({ loader: () => null, tokens: 'str', causal: false });
  const byScope = new Map<string, string[]>([['variable.language', ['out']]]);
  for (const name of base.names()) {
    const term = base.get(name);
    if (term === undefined || term === FAILED) continue;
    const scope = NAME_SCOPES[termKind(term)];
    byScope.set(scope, [...(byScope.get(scope) ?? []), name]);
  }
  return [...byScope].map(([scope, names]) => ({ match: `(?:${names.sort().join('|')})${END_OF_WORD}`, name: scoped(scope) }));
}
