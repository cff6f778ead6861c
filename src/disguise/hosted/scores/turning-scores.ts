/**
 * Scores of a compiled head for a host whose queries and keys turn with their positions, by frequencies of its own: cut off below each query's
 * best, and taken apart into queries and keys whose products, turned, are the scores at every distance.
 */

import type { Rotary } from '../../../targets/model-config.ts';
import { floatAt, numberAt } from '../../../tensor/number-at.ts';
import type { Random } from '../../../verify/random.ts';
import { drawNormal } from '../../turn/draw-numbers.ts';
import { leastChange } from '../least-change.ts';
import { emptyRows, type Rows, rowOf } from '../rows.ts';
import { turnedBy } from '../turned-by.ts';
import { MOST_STATES, statesOf } from './states.ts';
import type { Tempered } from './tempered-scores.ts';

/** In turn queries are fitted to keys and keys to queries. */
const ROUNDS = 16;

export interface Turning {
  /** What products of the compiled queries and keys are multiplied by, and how those turn. */
  readonly factor: number;
  readonly from: Rotary | null;
  /** How the host's turn, and how many dimensions its heads have. */
  readonly to: Rotary | null;
  readonly size: number;
  /** In nats: what lies further below a query's best counts as that. */
  readonly contrast: number;
  readonly random: Random;
}

/** A query and a key that meet at a distance. */
interface Meeting {
  readonly query: number;
  readonly key: number;
  readonly distance: number;
  score: number;
}

/** @returns null where there are too many different queries or keys */
export function turningScores(compiled: Tempered, lengths: readonly number[], how: Turning): Tempered | null {
  const { size, to, random } = how;
  const [asked, offered] = [statesOf(compiled.queries), statesOf(compiled.keys)];
  if (Math.max(asked.first.length, offered.first.length) > MOST_STATES) return null;
  const queries = emptyRows(asked.first.length, size);
  const keys = emptyRows(offered.first.length, size);
  for (let i = 0; i < keys.data.length; i++) keys.data[i] = drawNormal(random);
  const meetings = meetingsOf(compiled, { asked, offered, lengths }, how);
  for (let round = 0; round < ROUNDS; round++) {
    settle(
      queries,
      meetings,
      ({ query }) => query,
      ({ key, distance }) => turnedBy(rowOf(keys, key), -distance, to),
    );
    settle(
      keys,
      meetings,
      ({ key }) => key,
      ({ query, distance }) => turnedBy(rowOf(queries, query), distance, to),
    );
  }
  const spread = (rows: Rows, of: readonly number[]): Rows => {
    const result = emptyRows(of.length, size);
    for (const [row, state] of of.entries()) rowOf(result, row).set(rowOf(rows, state));
    return result;
  };
  return { queries: spread(queries, asked.of), keys: spread(keys, offered.of) };
}

/** Each row becomes the shortest whose products with what it meets are nearly the scores. */
function settle(rows: Rows, meetings: readonly Meeting[], rowFor: (at: Meeting) => number, other: (at: Meeting) => Float64Array): void {
  for (let row = 0; row < rows.count; row++) {
    const own = meetings.filter((at) => rowFor(at) === row);
    if (own.length === 0) continue;
    const features = { count: own.length, width: rows.width, data: Float64Array.from(own.flatMap((at) => [...other(at)])) };
    const scores = { count: own.length, width: 1, data: Float64Array.from(own, ({ score }) => score) };
    rowOf(rows, row).set(leastChange(features)(scores).data);
  }
}

interface States {
  readonly asked: ReturnType<typeof statesOf>;
  readonly offered: ReturnType<typeof statesOf>;
  readonly lengths: readonly number[];
}

function meetingsOf({ queries, keys }: Tempered, { asked, offered, lengths }: States, { factor, from, contrast }: Turning): Meeting[] {
  const found = new Map<string, Meeting>();
  let first = 0;
  for (const length of lengths) {
    for (let query = first; query < first + length; query++)
      for (let key = first; key <= query; key++) {
        const at = { query: numberAt(asked.of, query), key: numberAt(offered.of, key), distance: query - key };
        const name = `${at.query} ${at.key} ${at.distance}`;
        if (found.has(name)) continue;
        const turned = turnedBy(rowOf(keys, key), -at.distance, from);
        const score = rowOf(queries, query).reduce((sum, x, i) => sum + x * floatAt(turned, i), 0);
        found.set(name, { ...at, score: score * factor });
      }
    first += length;
  }
  const meetings = [...found.values()];
  for (let query = 0; query < asked.first.length; query++) {
    const own = meetings.filter((at) => at.query === query);
    const best = Math.max(...own.map(({ score }) => score));
    for (const at of own) at.score = Math.max(at.score - best, -contrast);
    // what all keys have in common, a query does not notice
    const mean = own.reduce((sum, { score }) => sum + score, 0) / own.length;
    for (const at of own) at.score -= mean;
  }
  return meetings;
}
