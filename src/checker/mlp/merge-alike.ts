/**
 * Combinations of values on which neurons that read alike read nearly the same: of one number that two counts add up to, or are apart by, it
 * matters little which two they were. Neurons read alike where their weights differ on constants only.
 */
import { numberAt } from '../../tensor/number-at.ts';
import { type Form, type PartSums, sumParts } from '../bounds/form.ts';

/** Combinations that count as one: what their parts add up to, and one of them. */
export interface Merged {
  readonly sums: PartSums;
  readonly at: number;
}

/** What is merged may be apart by this part of how far off it may be anyway. */
const FINE = 1 / 8;

/**
 * @param indices the columns that the form's parts go by
 * @param rows combinations, of which those that differ in a target are kept apart
 */
export function mergeAlike(
  { parts, roundings }: Pick<Form, 'parts' | 'roundings'>,
  indices: readonly (Int32Array | null)[],
  rows: readonly number[],
  targets: readonly Int32Array[],
): Merged[] {
  const sums = rows.map((at) => sumParts(parts, (_, index) => indices[index]?.[at] ?? 0));
  // all that every combination may be off by
  const width = FINE * sums.reduce((most, { off }) => Math.max(most, off), 0);
  const groups = new Map<string, { at: number; low: number; high: number; off: number; absolute: number }>();
  for (const [i, { center, off, absolute }] of sums.entries()) {
    const at = numberAt(rows, i);
    const key = `${width > 0 ? Math.floor(center / width) : center} ${targets.map((column) => column[at]).join(' ')}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { at, low: center, high: center, off, absolute });
    else {
      known.low = Math.min(known.low, center);
      known.high = Math.max(known.high, center);
      known.off = Math.max(known.off, off);
      known.absolute = Math.max(known.absolute, absolute);
    }
  }
  return [...groups.values()].map(({ at, low, high, off, absolute }) => ({
    at,
    sums: { center: (low + high) / 2, off: off + ((high - low) / 2) * (1 + roundings * 2 ** -20), absolute },
  }));
}
