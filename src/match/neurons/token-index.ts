/** The different tokens of some windows, and at which positions of the block each stands: what a neuron says of a token is its mean there. */
import { numberAt } from '../../tensor/number-at.ts';
import type { Block, Window } from '../effect/block.ts';
import type { TokenClass } from './token-class.ts';

export interface TokenIndex {
  readonly ids: Int32Array;
  /** Places of positions in the block, and the token of each. */
  readonly positions: Int32Array;
  readonly tokenOf: Int32Array;
  readonly counts: Float32Array;
  /** Of each class the tokens that are in it. */
  readonly members: readonly Int32Array[];
}

/** Positions of some kinds of windows; the first of a window, and tokens in no class and of no text, are left out. */
export function indexTokens(
  { windows, starts }: Block,
  classes: readonly TokenClass[],
  kinds: readonly Window['kind'][],
  skipped: ReadonlySet<number>,
): TokenIndex {
  const placeOf = new Map<number, number>();
  const [positions, tokenOf, counts]: number[][] = [[], [], []];
  windows.forEach(({ kind, ids }, w) => {
    if (!kinds.includes(kind)) return;
    ids.forEach((id, position) => {
      if (position === 0 || skipped.has(id)) return;
      const place = placeOf.get(id) ?? placeOf.size;
      placeOf.set(id, place);
      positions?.push(numberAt(starts, w) + position);
      tokenOf?.push(place);
      if (counts !== undefined) counts[place] = (counts[place] ?? 0) + 1;
    });
  });
  const ids = Int32Array.from(placeOf.keys());
  return {
    ids,
    positions: Int32Array.from(positions ?? []),
    tokenOf: Int32Array.from(tokenOf ?? []),
    counts: Float32Array.from(counts ?? []),
    members: classes.map(({ holds }) => Int32Array.from(ids.keys()).filter((place) => holds[numberAt(ids, place)] === 1)),
  };
}

/** The mean of a neuron at each token's positions; `row` are its numbers in the block. */
export function tokenMeans({ ids, positions, tokenOf, counts }: TokenIndex, row: Float32Array): Float32Array {
  const means = new Float32Array(ids.length);
  for (let i = 0; i < positions.length; i++) {
    const token = numberAt(tokenOf, i);
    means[token] = (means[token] ?? 0) + numberAt(row, numberAt(positions, i));
  }
  for (let token = 0; token < means.length; token++) means[token] = (means[token] ?? 0) / (counts[token] ?? 1);
  return means;
}
