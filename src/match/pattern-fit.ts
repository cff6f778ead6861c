/** How far what a head attends to is what a program selects, on one kind of window, the sink taken out and told apart. */
import { numberAt } from '../tensor/number-at.ts';
import { eachQuery, type Ideals } from './candidate.ts';
import type { Window } from './effect/block.ts';
import type { Pattern } from './effect/run-layer.ts';

export interface PatternFit {
  /** Queries at which the program selects something. */
  readonly queries: number;
  /** Attention on the selected keys, as it is, and on the first position where that is none of them. */
  readonly raw: number;
  readonly sink: number;
  /** Attention on the selected keys as a share of all that is not on the sink. */
  readonly share: number;
  /** The same, no key counting for more than the program's even average gives it: 1 is the program's pattern itself. */
  readonly overlap: number;
  /** The share that keys chosen by chance, as many at each query, would get. */
  readonly chance: number;
  /** Attention on the first position where the program selects nothing; null where it always does. */
  readonly rest: number | null;
  /** Natural logarithm of a bound on the probability of so much attention on keys chosen by chance. */
  readonly logP: number;
}

/** Null where the program selects nothing. */
export function fitOf(
  patterns: readonly Pattern[],
  windows: readonly Window[],
  ideals: Ideals,
  kind: Window['kind'] | null,
): PatternFit | null {
  let [queries, raw, sink, overlap, expected, silent, resting] = [0, 0, 0, 0, 0, 0, 0];
  windows.forEach((window, w) => {
    const ideal = ideals.windows[w] ?? null;
    if (ideal === null || (kind !== null && window.kind !== kind)) return;
    const pattern = patterns[w] ?? new Float32Array(0);
    const length = window.ids.length;
    eachQuery(ideal, (query, keys) => {
      const row = query * length;
      const toFirst = ideals.atFirst ? 0 : numberAt(pattern, row);
      const each = (1 - toFirst) / keys.length;
      for (const key of keys) {
        const weight = numberAt(pattern, row + key);
        raw += weight;
        overlap += Math.min(weight, each);
      }
      sink += toFirst;
      expected += ((1 - toFirst) * keys.length) / (ideals.atFirst ? query + 1 : query);
      queries++;
    });
    for (const query of ideal.silent) resting += numberAt(pattern, query * length);
    silent += ideal.silent.length;
  });
  if (queries === 0) return null;
  const free = Math.max(queries - sink, 1e-12);
  return {
    queries,
    raw: raw / queries,
    sink: sink / queries,
    share: raw / free,
    overlap: overlap / free,
    chance: expected / free,
    rest: silent === 0 ? null : resting / silent,
    logP: logTail(raw / queries, expected / queries, queries),
  };
}

/**
 * Hoeffding's bound (1963, theorem 1): the mean of n independent numbers between 0 and 1 whose means average `mean` is at least `found` with a
 * probability of at most e^(-n·KL(found‖mean)). Keys chosen anew at each query make the attention on them such numbers.
 */
export function logTail(found: number, mean: number, n: number): number {
  if (found <= mean) return 0;
  if (mean <= 0) return Number.NEGATIVE_INFINITY;
  const part = (a: number, b: number): number => (a <= 0 ? 0 : a * Math.log(a / b));
  return -n * (part(found, mean) + part(1 - found, Math.max(1 - mean, 1e-300)));
}

/** A query at which a head attends least to what the program selects. */
export interface PatternCounterexample {
  readonly window: number;
  readonly query: number;
  readonly selected: readonly number[];
  /** The key that it attends to most, the first position left out, and how much. */
  readonly attended: number;
  readonly weight: number;
  readonly share: number;
}

/** The queries where head and program differ most, of those that do not rest on the first position; most first. */
export function counterexamplesOf(
  patterns: readonly Pattern[],
  windows: readonly Window[],
  ideals: Ideals,
  most: number,
): PatternCounterexample[] {
  const found: PatternCounterexample[] = [];
  windows.forEach(({ ids: { length } }, w) => {
    const ideal = ideals.windows[w] ?? null;
    const pattern = patterns[w] ?? new Float32Array(0);
    if (ideal === null) return;
    eachQuery(ideal, (query, keys) => {
      const row = query * length;
      let attended = ideals.atFirst ? 0 : 1;
      for (let key = attended; key <= query; key++) if (numberAt(pattern, row + key) > numberAt(pattern, row + attended)) attended = key;
      const weight = numberAt(pattern, row + attended);
      const free = ideals.atFirst ? 1 : 1 - numberAt(pattern, row);
      if (keys.includes(attended) || weight < 0.1) return;
      const share = keys.reduce((sum, key) => sum + numberAt(pattern, row + key), 0) / free;
      found.push({ window: w, query, selected: [...keys], attended, weight, share });
    });
  });
  return found.sort((a, b) => b.weight - a.weight).slice(0, most);
}
