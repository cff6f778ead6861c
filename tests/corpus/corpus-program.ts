/** One program of the corpus: a text in some idiom, and what it computes, said apart from RASP. */
import type { Value } from '../../src/graph/value.ts';

export interface CorpusProgram {
  readonly name: string;
  /** The idiom it is written in. */
  readonly idiom: string;
  readonly vocabulary: string;
  readonly causal: boolean;
  /** RASP; exports `said`. */
  readonly text: string;
  /** What `said` is at each position. */
  readonly oracle: (input: readonly string[]) => readonly (string | number | boolean)[];
  /** From which of the tried contexts on it is refused, and how; left out where it never is. */
  readonly refused?: { readonly from: number; readonly code: string };
}

/** What the oracle says, as the interpreter's values. */
export function atomOf(said: string | number | boolean): Value {
  return typeof said === 'number' && Number.isInteger(said) ? BigInt(said) : said;
}

/** How often something holds among the first n + 1 items. */
export function countUpTo<Item>(items: readonly Item[], n: number, holds: (item: Item, at: number) => boolean): number {
  return items.slice(0, n + 1).filter(holds).length;
}
