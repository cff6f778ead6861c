/**
 * Float32 as the checker bounds it: every operation is off by at most u = 2^-24 of its result, sums may be taken in any order, and
 * products may be fused with sums. Float64, in which bounds are computed, is 2^29 times finer and covered by {@link SAFETY}.
 */
export const UNIT = 2 ** -24;

/** What a product may lose besides where its result is below the normal numbers: the least of those, where such results count as 0. */
export const UNDERFLOW = 2 ** -126;

/** Bounds are computed in float64, in sums of at most some millions of terms. */
export const SAFETY = 1 + 1e-9;

/** By what part of its absolute terms a sum in float64 may differ from one that was added up in another order. */
export const ORDER_SLACK = 2 ** -40;

/** Sums of multiples of this are exact as long as they stay below {@link LARGEST_EXACT}. */
const GRID = 2 ** -10;
export const LARGEST_EXACT = 2 ** 24 * GRID;

export function isOnGrid(x: number): boolean {
  return Number.isInteger(x / GRID);
}

/** The absolute terms of a sum: those that are large, and the others, which cost no more than themselves. */
export interface SumTerms {
  /** All of them together. */
  readonly total: number;
  readonly large: number;
  readonly tiny: number;
  readonly tinyCount: number;
}

/**
 * The error of a sum in any order. Of an addition, |fl(a + b) − (a + b)| ≤ min(|a|, |b|, u·|a + b|), since a and b are candidates of the
 * rounding themselves (Higham, Accuracy and Stability of Numerical Algorithms, sections 2.2 and 4.2). So an addition of two parts that both
 * hold a large term costs at most u of a part of everything, or of the result where there are but two such terms; any other at most its
 * smaller part. No part of a sum exceeds its positive or its negative terms: (total + result) / 2 at most.
 *
 * Where terms are products, each may underflow.
 *
 * @param result the absolute sum
 */
export function sumError({ total, large, tiny, tinyCount }: SumTerms, result: number): number {
  const between = large <= 1 ? 0 : large === 2 ? Math.min(total, result + tiny) : ((large - 1) * Math.min(2 * total, total + result)) / 2;
  return SAFETY * (UNIT * between + Math.min(1.001 * tiny, UNIT * tinyCount * total) + UNDERFLOW * (large + tinyCount));
}

/**
 * What arithmetic a conclusion is about, besides eager float32, from the weakest assumption to the strongest. `any-order`: none, sums are
 * taken in whatever order. `alike`: equal rows of one matrix give equal products, before the bias is added. `in-order`: and a row's
 * products and what neurons write are summed from the first to the last.
 */
export const RUNTIME_SEMANTICS = ['any-order', 'alike', 'in-order'] as const;
/** `lanes`, where inputs are followed one by one: sums are taken in eight lanes or more, so that a term goes through an eighth of the additions. */
export type RuntimeSemantics = (typeof RUNTIME_SEMANTICS)[number] | 'lanes';

export interface Range {
  readonly low: number;
  readonly high: number;
}

export function squareRange({ low, high }: Range): Range {
  const ends = [low * low, high * high];
  return { low: low <= 0 && high >= 0 ? 0 : Math.min(...ends), high: Math.max(...ends) };
}
