/** What an expression can stand for while a program is expanded: a plain value, a node of the graph, or something made of them. */
import type { FunctionDefinition } from '../../../syntax/ast.ts';
import { describeValue } from '../../evaluate/values/python-arithmetic.ts';
import { sourceText } from '../../evaluate/values/python-text.ts';
import { type GraphNode, isSelector, type Selector, type SOp, TEXT_FUNCTIONS } from '../../graph.ts';
import type { Value } from '../../value.ts';
import type { Scope } from '../names/scope.ts';

export interface ListTerm {
  readonly kind: 'list';
  readonly items: readonly Term[];
}
export interface DictionaryTerm {
  readonly kind: 'dictionary';
  /** By {@link equalityKey}, so that 1, 1.0 and True are one key; in the order of insertion. */
  readonly entries: ReadonlyMap<string | number | bigint, readonly [Value, Term]>;
}
/** A function of the program, with the names of the place where it is written. */
export interface FunctionTerm {
  readonly kind: 'function';
  readonly definition: FunctionDefinition;
  readonly scope: Scope<Term>;
}
/** The functions that the language cannot express, by what they take. */
export const BUILTINS = ['selector_width', 'rightmost', 'leftmost', 'sum_over', 'max_over', 'min_over', ...TEXT_FUNCTIONS] as const;
export type BuiltinName = (typeof BUILTINS)[number];

/** A function that the language cannot express. */
export interface BuiltinTerm {
  readonly kind: 'builtin';
  readonly name: BuiltinName;
}

export type Term = Value | GraphNode | ListTerm | DictionaryTerm | FunctionTerm | BuiltinTerm;

export type TermKind = 'atom' | 's-op' | 'selector' | 'list' | 'dictionary' | 'function';

export function isAtom(term: Term): term is Value {
  return typeof term !== 'object';
}

export function termKind(term: Term): TermKind {
  if (isAtom(term)) return 'atom';
  switch (term.kind) {
    case 'list':
    case 'dictionary':
    case 'function':
      return term.kind;
    case 'builtin':
      return 'function';
    default:
      return isSelector(term) ? 'selector' : 's-op';
  }
}

export function isNode(term: Term): term is GraphNode {
  const kind = termKind(term);
  return kind === 's-op' || kind === 'selector';
}
export function isSOp(term: Term): term is SOp {
  return termKind(term) === 's-op';
}
export function isSelectorTerm(term: Term): term is Selector {
  return termKind(term) === 'selector';
}
export function isList(term: Term): term is ListTerm {
  return typeof term === 'object' && term.kind === 'list';
}
export function isDictionary(term: Term): term is DictionaryTerm {
  return typeof term === 'object' && term.kind === 'dictionary';
}

/** For messages: "the int `3`", "a selector", "the list `[1, 2]`". */
export function describeTerm(term: Term): string {
  if (isAtom(term)) return describeValue(term);
  switch (termKind(term)) {
    case 's-op':
      return isNode(term) && term.name !== null ? `the s-op \`${term.name}\`` : 'an s-op';
    case 'selector':
      return isNode(term) && term.name !== null ? `the selector \`${term.name}\`` : 'a selector';
    case 'function':
      return `the function \`${functionName(term)}\``;
    default: {
      const text = termText(term, 40);
      const kind = isList(term) ? 'list' : 'dictionary';
      return text === null ? `a ${kind}` : `the ${kind} \`${text}\``;
    }
  }
}

export function functionName(term: Term): string {
  if (typeof term !== 'object') return '';
  return term.kind === 'function' ? term.definition.name.name : term.kind === 'builtin' ? term.name : '';
}

/** A list or dictionary of plain values as it would be written, or null where it is longer than `limit`. */
export function termText(term: Term, limit: number): string | null {
  if (isAtom(term)) return sourceText(term);
  const parts: string[] = [];
  let length = 0;
  const elements: readonly (readonly [string, Term])[] = isList(term)
    ? term.items.map((item) => ['', item])
    : isDictionary(term)
      ? [...term.entries.values()].map(([key, value]) => [`${sourceText(key)}: `, value])
      : [];
  if (!isList(term) && !isDictionary(term)) return isNode(term) ? (term.name ?? termKind(term)) : functionName(term);
  for (const [prefix, element] of elements) {
    const text = termText(element, limit - length);
    if (text === null) return null;
    parts.push(prefix + text);
    length += prefix.length + text.length + 2;
    if (length > limit) return null;
  }
  return isList(term) ? `[${parts.join(', ')}]` : `{${parts.join(', ')}}`;
}
