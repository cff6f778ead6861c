/**
 * Whether a producer writes what the circuit map says of its variable: for each dimension and value the number there, nearer to the one
 * claimed than to that of any other value. What is concluded elsewhere does not rest on it; it says where a model first goes wrong.
 */

import { valueKey } from '../graph/value.ts';
import { numberAt } from '../tensor/number-at.ts';
import type { Producer } from './bounds/stream.ts';
import type { Decisions } from './claim/report.ts';
import type { NodeValues } from './meaning/node-values.ts';

export function compareCodes(
  { dims, center, radius, isLine, claim }: Producer,
  constant: Float64Array,
  values: NodeValues,
  decisions: Decisions,
): void {
  if (claim === null) return;
  const { index: variable, levels, values: claimed, node, dims: claimedDims } = claim.variable;
  // of averages neighbours lie closer than any error
  if (node === null || isLine || levels.length === 0 || (node.kind === 'aggregate' && !values.isSingle(node.selector))) return;
  const listed = values.valuesOf(node);
  const claimedAt = new Map(claimed.map((value, index) => [valueKey(value), index]));
  for (const [d, dim] of claimedDims.entries()) {
    const at = dims.indexOf(dim);
    const own = levels[d] ?? [];
    const allowed = leastDistance(own) / 2;
    for (const [value, v] of listed.map((each, index) => [each, index] as const)) {
      const index = claimedAt.get(valueKey(value));
      if (index === undefined) continue;
      const i = v * dims.length + at;
      const number = (constant[dim] ?? 0) + (at < 0 ? 0 : numberAt(center, i));
      const error = Math.abs(number - numberAt(own, index)) + (at < 0 ? 0 : numberAt(radius, i));
      decisions.add({ ...claim.where, kind: 'code', variable, error, allowed });
    }
  }
}

/** Levels closer than this are one, computed in two ways. */
const SAME = 1e-9;

/** Between different levels; 1 where there is but one. */
function leastDistance(levels: readonly number[]): number {
  const sorted = [...levels].sort((a, b) => a - b);
  const distances = sorted.slice(1).map((x, i) => x - numberAt(sorted, i));
  return Math.min(1, ...distances.filter((distance) => distance > SAME));
}
