/** What a head averages beside what is selected. */
import type { Head } from '../../circuit/circuit.ts';
import type { ScoreError } from '../scores/inherited-error.ts';
import type { LostDistance } from '../scores/score-distances.ts';

/**
 * What weighs beside what is selected, relative to that: everything else, BOS included unless it is counted on purpose (then all of them share
 * with its weight). Of a copy it is the other keys by how far they are from the selected one, BOS, and where nothing is selected the keys beside BOS.
 */
export function leakOf({ semantics, recency }: Head, error: ScoreError & { readonly lost: LostDistance }, context: number): number {
  const { kind, gap, selected, highest, bosWeight, nonempty } = semantics;
  const leak = ((context + 1) * Math.exp(-(gap - error.selected - error.any))) / Math.max(1, bosWeight);
  if (kind !== 'copy' || highest !== selected || recency !== undefined) return leak;
  const keys = context * Math.exp(-(gap - error.lost.apart));
  const empty = nonempty ? 0 : context * Math.exp(-(gap - error.lost.closer));
  return Math.min(leak, Math.max(keys + Math.exp(-(gap - error.selected)), empty));
}

/** A part of the weight: whatever a score is off by, the mean stays among what is averaged. What is not a number has no smaller bound. */
export function atMostAll(part: number): number {
  return Number.isNaN(part) ? 1 : Math.min(part, 1);
}
