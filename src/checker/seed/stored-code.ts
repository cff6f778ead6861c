/**
 * The code of tokens as a table stores it: a linear one, so that all products of two different tokens' codes, weighted entry by entry, are those of
 * one token with token 0. That it is linear is established from every stored entry.
 */

import { numberAt } from '../../tensor/number-at.ts';
import { Unproven } from '../claim/unproven.ts';

export interface StoredCode {
  /** Size of each entry, the same for every token that has a code. */
  readonly sizes: Float64Array;
  /** By how much an entry may be off that size. */
  readonly off: number;
  /** Sums over entries of `weights` with the signs of two tokens multiplied: of a token with itself, and the largest and least of two others. */
  products(weights: ArrayLike<number>): { readonly own: number; readonly largest: number; readonly least: number };
}

/** @param silent tokens that have no code */
export function storedCode(table: Float64Array, width: number, columns: readonly number[], silent: ReadonlySet<number>): StoredCode {
  const tokens = table.length / width;
  const bits = Math.max(1, Math.ceil(Math.log2(tokens)));
  const first = Array.from({ length: tokens }, (_, token) => token).find((token) => !silent.has(token)) ?? 0;
  const sizes = Float64Array.from(columns, (d) => Math.abs(numberAt(table, first * width + d)));
  const signOf = (token: number, d: number): number => (numberAt(table, token * width + d) < 0 ? 1 : 0);
  // by each bit the entries that it turns over, from the first pair of tokens that differ in it alone
  const masks = columns.map((d) => {
    let mask = 0;
    for (let bit = 0; bit < bits; bit++) {
      const token = Array.from({ length: tokens }, (_, t) => t).find((t) => pairOf(t, bit, tokens, silent));
      if (token === undefined) continue;
      if (signOf(token, d) !== signOf(token ^ (1 << bit), d)) mask |= 1 << bit;
    }
    return mask;
  });
  let off = 0;
  for (let token = 0; token < tokens; token++) {
    if (silent.has(token)) continue;
    for (const [c, d] of columns.entries()) {
      const sign = signOf(first, d) ^ parity((token ^ first) & numberAt(masks, c));
      const expected = numberAt(sizes, c) * (sign === 1 ? -1 : 1);
      const away = Math.abs(numberAt(table, token * width + d) - expected);
      if (!(away <= numberAt(sizes, c) / 4)) throw new Unproven(`the code of token ${token} is not one of the code that the others are of`);
      off = Math.max(off, away);
    }
  }
  return {
    sizes,
    off,
    products(weights) {
      // of bits that no token has, none is asked for
      const own = masks.reduce((sum, _, c) => sum + numberAt(weights, c), 0);
      let [largest, least] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (let difference = 1; difference < 1 << bits; difference++) {
        let sum = 0;
        for (let c = 0; c < masks.length; c++)
          sum += parity(difference & numberAt(masks, c)) === 1 ? -numberAt(weights, c) : numberAt(weights, c);
        if (sum > largest) largest = sum;
        if (sum < least) least = sum;
      }
      return { own, largest, least };
    },
  };
}

/** Whether a token and the one that differs from it in this bit alone both have codes. */
function pairOf(token: number, bit: number, tokens: number, silent: ReadonlySet<number>): boolean {
  const other = token ^ (1 << bit);
  return other < tokens && !silent.has(token) && !silent.has(other);
}

function parity(bits: number): number {
  let folded = bits ^ (bits >>> 16);
  folded ^= folded >>> 8;
  folded ^= folded >>> 4;
  return (0x6996 >>> (folded & 15)) & 1;
}
