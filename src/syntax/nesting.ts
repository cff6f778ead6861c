/** Refuses texts nested so deeply that a recursive parser would run out of stack, before any parser sees them. */
import type { IToken, TokenType } from 'chevrotain';
import * as t from '../../grammar/tokens.ts';
import { diagnose } from '../diagnostics/catalog.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { SourceFile } from '../source/source-file.ts';

/** As many as CPython's parser allows. */
const LIMIT = 200;

export const OPENERS: ReadonlySet<TokenType> = new Set([
  t.LParen,
  t.LBracket,
  t.LBrace,
  t.SelectOpen,
  t.AggregateOpen,
  t.RangeOpen,
  t.ZipOpen,
  t.LenOpen,
]);
export const CLOSERS: ReadonlySet<TokenType> = new Set([t.RParen, t.RBracket, t.RBrace]);
const PREFIXES: ReadonlySet<TokenType> = new Set([t.Not, t.Minus, t.Plus]);

export function nestingFault(file: SourceFile, tokens: readonly IToken[]): Diagnostic | null {
  let brackets = 0;
  // `a if b if c else d else e`: a condition nests without brackets.
  let conditions = 0;
  let prefixes = 0;
  for (const token of tokens) {
    const type = token.tokenType;
    if (OPENERS.has(type)) brackets++;
    else if (CLOSERS.has(type)) brackets = Math.max(0, brackets - 1);
    else if (type === t.If) conditions++;
    else if (type === t.Else) conditions = Math.max(0, conditions - 1);
    else if (type === t.Semicolon) conditions = 0;
    prefixes = PREFIXES.has(type) ? prefixes + 1 : 0;
    if (brackets + conditions > LIMIT || prefixes > LIMIT) {
      const span = { file, start: token.startOffset, end: token.startOffset + token.image.length };
      return diagnose('R1029', { limit: LIMIT }, { span });
    }
  }
  return null;
}
