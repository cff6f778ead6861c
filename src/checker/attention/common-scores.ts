/** What all scores of a head have in common, errors included, and what no group of conditions accounts for. */

import { numberAt } from '../../tensor/number-at.ts';
import { SAFETY, UNIT } from '../bounds/rounding.ts';
import { largestOfPart, largestOfSide, largestSum, type Side } from './head-sides.ts';
import type { ScoreRule } from './pair-scores.ts';
import type { Group } from './score-groups.ts';

/** What scores have in common, and what no group accounts for. */
export interface Common {
  /** Bounds of what a key's score has above that of BOS, beside the groups. */
  readonly low: number;
  readonly high: number;
  /** How far off one key's score may be against another's, for the same query. */
  readonly between: number;
  /** The largest absolute score. */
  readonly largest: number;
}

export function commonBounds(query: Side, key: Side, groups: readonly Group[], rule: ScoreRule): Common {
  const { size } = query;
  const keys = largestOfSide(key);
  const grouped = new Set(groups.flatMap((g) => g.keyParts));
  const stray = new Float64Array(size);
  for (const part of key.parts) if (!grouped.has(part)) accumulate(stray, largestOfPart(part, size));
  let [middle, error, between, products, terms, shared0, scaled0] = [0, 0, 0, 0, 0, 0, 0];
  for (let d = 0; d < size; d++) {
    const q = numberAt(query.base, d);
    const eq = numberAt(query.baseRadius, d);
    // BOS against what every key has
    const bos = numberAt(key.bos, d) - numberAt(key.base, d);
    const bosError = numberAt(key.bosRadius, d) + numberAt(key.baseRadius, d);
    middle -= q * bos;
    error += Math.abs(q) * bosError + eq * (Math.abs(bos) + bosError);
    error += strayQueries(query, groups, d) * (Math.abs(bos) + bosError);
    products += Math.abs(q * bos);
    // what the scales of key and query are off by shows in products, not in their terms
    shared0 += q * numberAt(key.scaledBase, d);
    scaled0 += numberAt(query.scaledBase, d) * bos;
    if (q !== 0 && bos !== 0) terms++;
  }
  error += UNIT * (terms + rule.roundings) * products + query.scale * Math.abs(scaled0);
  between += key.scale * Math.abs(shared0);
  // every key's own errors, what no condition is about, and the rounding of products with what every key has
  const shared = key.baseRadius.map((r, d) => r + numberAt(stray, d) + UNIT * (terms + rule.roundings) * Math.abs(numberAt(key.base, d)));
  between += largestSum(query, shared);
  const largest = largestSum(
    query,
    keys.map((x, d) => Math.max(x, Math.abs(numberAt(key.bos, d)) + numberAt(key.bosRadius, d))),
  );
  for (const group of groups) {
    // queries of other groups with the keys of this one
    const others = new Float64Array(size);
    for (const part of query.parts) if (!group.queryParts.includes(part)) accumulate(others, largestOfPart(part, size));
    const own = new Float64Array(size);
    for (const part of group.keyParts) accumulate(own, largestOfPart(part, size));
    for (let d = 0; d < size; d++) between += numberAt(others, d) * numberAt(own, d);
  }
  const { factor, noise } = rule;
  const spread = SAFETY * factor * (error + between) + noise;
  return {
    low: factor * middle - spread,
    high: factor * middle + spread,
    between: SAFETY * factor * between + noise,
    largest: SAFETY * factor * largest,
  };
}

/** Parts of queries that no condition is about: they change how BOS compares. */
function strayQueries(query: Side, groups: readonly Group[], d: number): number {
  let total = 0;
  for (const part of query.parts) {
    if (groups.some((g) => g.queryParts.includes(part))) continue;
    total += numberAt(largestOfPart(part, query.size), d);
  }
  return total;
}

function accumulate(into: Float64Array, more: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] = numberAt(into, i) + numberAt(more, i);
}
