/** Tokens and words by which a fault in a text is told from another. */
import type { TokenType } from 'chevrotain';
import * as t from '../../../grammar/tokens.ts';

export const KEYWORDS: ReadonlySet<TokenType> = new Set(t.KEYWORDS);
export const REPL_WORDS: ReadonlySet<TokenType> = new Set([
  t.SetWord,
  t.Show,
  t.Examples,
  t.SOp,
  t.Selector,
  t.FullSeqDisplay,
  t.Exit,
  t.Quit,
]);
export const DIRECTIVES: ReadonlySet<TokenType> = new Set(t.DIRECTIVES);
export const OPERATORS: ReadonlySet<TokenType> = new Set([
  t.Plus,
  t.Minus,
  t.Times,
  t.Divide,
  t.Modulo,
  t.Power,
  t.Less,
  t.Greater,
  t.Equal,
  t.NotEqual,
]);
export const BLOCK_CODES: ReadonlySet<string> = new Set(['R1008', 'R1012', 'R1013', 'R1022', 'R1030']);
export const CLOSER_OF: Readonly<Record<string, string>> = { '{': '}', '[': ']' };
export const DIRECTIVE_FORMS: Readonly<Record<string, string>> = {
  '@vocab': '@vocab E;` or `@vocab any;',
  '@assume': '@assume E;',
  '@step': '@step NAME;',
  '@halt': '@halt VALUE;',
  '@context': '@context N;',
  '@causal': '@causal;',
  '@bidirectional': '@bidirectional;',
  '@export': '@export NAME;',
  '@example': '@example NAME(INPUT) == [...];',
};
/** The forms with a fixed number of parts, by the token that opens them, and their productions. */
export const FORM_OF_OPENER: ReadonlyMap<TokenType | undefined, 'select' | 'aggregate' | 'len'> = new Map([
  [t.SelectOpen, 'select'],
  [t.AggregateOpen, 'aggregate'],
  [t.LenOpen, 'len'],
]);
export const FORM_RULES: ReadonlySet<string> = new Set(['select', 'aggregate', 'listForm']);
