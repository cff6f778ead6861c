/** Matches brackets and finds statements in a token list that need not be a program: what messages about faults go by. */
import type { IToken, TokenType } from 'chevrotain';
import * as t from '../../../grammar/tokens.ts';
import { CLOSERS, OPENERS } from '../nesting.ts';

export interface Bracketing {
  /** Openers without a closer, in order. */
  readonly unclosed: readonly number[];
  /** Closers without an opener. */
  readonly strayClosers: ReadonlySet<number>;
  readonly closers: ReadonlySet<number>;
  /** The innermost opener around each token, if any. */
  readonly openerOf: readonly (number | null)[];
  /** The `def` or `for` whose block is the innermost one around each token, if any. */
  readonly blockOf: readonly (number | null)[];
  /** A number for each token, and one more for the end, that is the same within one statement. A block's inner statements have their own. */
  readonly statementOf: readonly number[];
  /** Likewise, with blocks as part of the statement they belong to. */
  readonly outerStatementOf: readonly number[];
}

const CLOSER_TYPE = (opener: TokenType): TokenType => (opener === t.LBracket ? t.RBracket : opener === t.LBrace ? t.RBrace : t.RParen);

/** `if`, `else` and `while` start no block in RASP, but people who know other languages write them so. */
const BLOCK_HEADS: ReadonlySet<TokenType | undefined> = new Set([t.Def, t.For, t.If, t.Else]);

export function bracketing(tokens: readonly IToken[]): Bracketing {
  const open: { readonly index: number; readonly block: number | null }[] = [];
  const unclosed: number[] = [];
  const strayClosers = new Set<number>();
  const closers = new Set<number>();
  const openerOf: (number | null)[] = [];
  const blockOf: (number | null)[] = [];
  const statementOf: number[] = [];
  const outerStatementOf: number[] = [];
  let statement = 0;
  let outerStatement = 0;
  let head: number | null = null;
  const typeAt = (index: number): TokenType | undefined => tokens[index]?.tokenType;
  const isBlockHead = (index: number): boolean =>
    BLOCK_HEADS.has(typeAt(index)) || (tokens[index]?.image === 'while' && typeAt(index + 1) !== t.Assign);
  const innermostBlock = (): number | null => open.findLast((bracket) => bracket.block !== null)?.block ?? null;

  const endStatement = (next: number): void => {
    statement++;
    head = null;
    if (innermostBlock() === null && typeAt(next) !== t.Else) outerStatement++;
  };

  tokens.forEach((token, index) => {
    const type = token.tokenType;
    if (type === t.Semicolon || CLOSERS.has(type)) {
      // A `;` cannot stand inside `(` or `[`, and a closer closes what lies within its own opener.
      const wanted =
        type === t.Semicolon
          ? open.findLastIndex((bracket) => bracket.block !== null)
          : open.findLastIndex((bracket) => CLOSER_TYPE(typeAt(bracket.index) as TokenType) === type);
      const blockAbove = open.findLastIndex((bracket) => bracket.block !== null);
      if (type === t.Semicolon || (wanted >= 0 && (type === t.RBrace || wanted > blockAbove))) {
        while (open.length > wanted + 1) unclosed.push((open.pop() as { index: number }).index);
      }
      if (type !== t.Semicolon && (wanted < 0 || (type !== t.RBrace && wanted < blockAbove))) strayClosers.add(index);
    }
    head ??= index;
    statementOf.push(statement);
    outerStatementOf.push(outerStatement);
    openerOf.push(open.at(-1)?.index ?? null);
    blockOf.push(innermostBlock());
    if (OPENERS.has(type)) {
      const opensBlock = type === t.LBrace && isBlockHead(head) && !open.some((bracket) => bracket.index > (head ?? 0));
      open.push({ index, block: opensBlock ? head : null });
      if (opensBlock) {
        statement++;
        head = null;
      }
    } else if (type === t.Semicolon) {
      endStatement(index + 1);
    } else if (CLOSERS.has(type)) {
      closers.add(index);
      if (!strayClosers.has(index)) {
        const closed = open.pop();
        if (closed !== undefined && closed.block !== null) endStatement(index + 1);
      }
    }
  });
  statementOf.push(statement);
  outerStatementOf.push(outerStatement);
  openerOf.push(open.at(-1)?.index ?? null);
  blockOf.push(innermostBlock());
  unclosed.push(...open.map((bracket) => bracket.index));
  return { unclosed: unclosed.sort((a, b) => a - b), strayClosers, closers, openerOf, blockOf, statementOf, outerStatementOf };
}
