/** What one group of conditions adds to scores: over all values that its queries and keys can have, pair by pair. */

import { numericValue } from '../../graph/domain.ts';
import type { SOp } from '../../graph/graph.ts';
import { numberAt, numberOf } from '../../tensor/number-at.ts';
import { Unproven } from '../claim/unproven.ts';
import { distinctRows } from '../meaning/combinations.ts';
import { predicateOf } from '../meaning/conditions.ts';
import type { NodeValues } from '../meaning/node-values.ts';
import { addPart, type Side, type SidePart, type Vector } from './head-sides.ts';
import { PairScores, type ScoreRule } from './pair-scores.ts';
import type { Group } from './score-groups.ts';

/** More pairs of key and query values than this take too long: 5,792 of each, and where positions do not come into it, 11,585. */
const MOST_PAIRS = 2 ** 25;
const MOST_UNORDERED_PAIRS = 2 ** 27;

/** What one group adds to scores, BOS's share taken off; over queries for which some key meets its conditions. */
export interface GroupBounds {
  readonly low: number;
  readonly high: number;
  readonly spread: number;
  /** Least distance of a key that meets the conditions to one that does not, for one query. */
  readonly gap: number;
  /** Least distance (negative) to any key at all. */
  readonly drop: number;
  readonly others: number;
  readonly any: number;
  /** Where keys are ordered: the least distance of a key that is wanted more to one that is wanted less, of those that meet the conditions. */
  readonly lead: number | null;
  /** Whether no key ever meets the conditions: nothing is ever selected then. */
  readonly isNever: boolean;
}

/** What tells selected keys apart: the one that is wanted has the most of it, or the least. Keys that have as much are as good. */
export interface Ordering {
  readonly by: SOp;
  readonly end: 'most' | 'least';
}

interface GroupInput {
  readonly query: Side;
  readonly key: Side;
  readonly values: NodeValues;
  readonly rule: ScoreRule;
  readonly ordering: Ordering | null;
}

export function measureGroup(group: Group, { query, key, values, rule, ordering }: GroupInput): GroupBounds {
  const queryRows = rowsOf(values, group.queryParts, group.queryNodes, query.size);
  const keyRows = rowsOf(values, group.keyParts, group.keyNodes, key.size);
  const mostPairs = group.hasOrder || group.hasDistance ? MOST_PAIRS : MOST_UNORDERED_PAIRS;
  if (queryRows.length * keyRows.length > mostPairs) throw new Unproven('a selector compares too many values');
  const indices = values.assumptions.graph.indices();
  const isSelected = predicateOf(group.conditions, values);
  const positions = group.hasDistance ? keyRows.map((row) => row.index(indices)) : [];
  const { ranks, order } = group.hasOrder && ordering !== null ? ranked(keyRows, ordering, values) : { ranks: [], order: null };
  const result = {
    low: Infinity,
    high: -Infinity,
    spread: 0,
    gap: Infinity,
    drop: Infinity,
    others: -Infinity,
    any: -Infinity,
    lead: Infinity,
  };
  const scores = new PairScores(query, key, rule);
  const [least, most] = [new Float64Array(keyRows.length), new Float64Array(keyRows.length)];
  const selects = new Int8Array(keyRows.length);
  const distances = new Float64Array(keyRows.length);
  for (const row of queryRows) {
    scores.setQuery(row.vector);
    const place = group.hasDistance ? row.index(indices) : 0;
    let [low, high, other, first] = [Infinity, -Infinity, -Infinity, -1];
    for (let k = 0; k < keyRows.length; k++) {
      distances[k] = group.hasDistance ? place - numberAt(positions, k) : 0;
      if (numberAt(distances, k) < 0 && values.causal) selects[k] = -1;
      else selects[k] = isSelected((keyRows[k] as Row).index, row.index) ? 1 : 0;
      if (selects[k] === 1 && first < 0) first = k;
    }
    // among keys, scores are compared with that of one selected key, so that what is off in the query hardly counts
    const reference = keyRows[first]?.vector ?? null;
    const referenceDistance = first < 0 ? 0 : numberAt(distances, first);
    let [lowest, highest, rest] = [Infinity, -Infinity, -Infinity];
    for (let k = 0; k < keyRows.length; k++) {
      if (selects[k] === -1) continue;
      scores.score((keyRows[k] as Row).vector, reference, numberAt(distances, k), referenceDistance);
      const { center, radius } = scores;
      if (selects[k] === 1) {
        low = Math.min(low, center - radius);
        high = Math.max(high, center + radius);
      } else other = Math.max(other, center + radius);
      if (reference === null) continue;
      const { centerApart, radiusApart } = scores;
      const [bottom, top] = [centerApart - radiusApart, centerApart + radiusApart];
      least[k] = bottom;
      most[k] = top;
      if (selects[k] === 1) {
        lowest = Math.min(lowest, bottom);
        highest = Math.max(highest, top);
      } else rest = Math.max(rest, top);
    }
    result.any = Math.max(result.any, high, other);
    result.others = Math.max(result.others, other);
    if (low === Infinity) continue;
    result.low = Math.min(result.low, low);
    result.high = Math.max(result.high, high);
    result.spread = Math.max(result.spread, highest - lowest);
    result.gap = Math.min(result.gap, lowest - rest);
    result.drop = Math.min(result.drop, lowest - Math.max(highest, rest));
    if (order !== null) result.lead = Math.min(result.lead, leadOf(order, ranks, selects, least, most));
  }
  if (result.low === Infinity) return { ...result, low: 0, high: 0, drop: 0, lead: order === null ? null : Infinity, isNever: true };
  return { ...result, lead: order === null ? null : result.lead, isNever: false };
}

/** What each key has of what they are ordered by, and the keys from the least wanted one on. */
function ranked(keyRows: readonly Row[], { by, end }: Ordering, values: NodeValues): { ranks: number[]; order: number[] } {
  const numbers = values.valuesOf(by).map(numericValue);
  const ranks = keyRows.map((row) => numberAt(numbers, row.index(by)));
  const sign = end === 'most' ? 1 : -1;
  return { ranks, order: ranks.map((_, i) => i).sort((a, b) => (numberAt(ranks, a) - numberAt(ranks, b)) * sign) };
}

/** Among selected keys, in the order in which they are wanted: the least by which one scores more than any before it. */
function leadOf(order: readonly number[], ranks: readonly number[], selects: Int8Array, least: Float64Array, most: Float64Array): number {
  let lead = Infinity;
  let before = -Infinity;
  for (let from = 0; from < order.length; ) {
    let to = from;
    let own = -Infinity;
    while (to < order.length && ranks[numberAt(order, to)] === ranks[numberAt(order, from)]) {
      const k = numberAt(order, to++);
      if (selects[k] !== 1) continue;
      lead = Math.min(lead, numberAt(least, k) - before);
      own = Math.max(own, numberAt(most, k));
    }
    before = Math.max(before, own);
    from = to;
  }
  return lead;
}

/** A combination of values on one side: what its parts add up to, and the values of the s-ops that are compared. */
interface Row {
  readonly vector: Vector;
  readonly index: (node: SOp) => number;
}

function rowsOf(values: NodeValues, parts: readonly SidePart[], nodes: readonly SOp[], size: number): Row[] {
  const carriers = parts.flatMap(({ producer }) => (producer.node === null ? [] : [producer.node]));
  if (parts.some(({ producer }) => producer.isLine)) throw new Unproven('a selector reads numbers that are not enumerated');
  const { count, column } = values.combinations([...carriers, ...nodes]);
  const columns = [...new Set([...carriers, ...nodes])].map((node) => ({ node, column: column(node) }));
  const rows: Row[] = [];
  for (const at of distinctRows(
    count,
    columns.map((c) => c.column),
  )) {
    const vector: Vector = { center: new Float64Array(size), radius: new Float64Array(size) };
    const indexOf = new Map(columns.map((c) => [c.node, numberAt(c.column, at)]));
    for (const part of parts) addPart(vector, part, part.producer.node === null ? 0 : numberOf(indexOf, part.producer.node));
    rows.push({ vector, index: (node) => indexOf.get(node) ?? 0 });
  }
  return rows;
}
