/**
 * A known function as a detector: a program whose export selects keys. What it selects on the tokens of a window is the pattern of the
 * perfect head.
 */
import { fail } from '../diagnostics/catalog.ts';
import { Evaluation } from '../graph/evaluate/evaluate.ts';
import { reachable, type Selector } from '../graph/graph.ts';
import type { Program } from '../graph/program.ts';
import type { Value } from '../graph/value.ts';
import { numberAt } from '../tensor/number-at.ts';
import { selectorOf } from '../verify/seeded/measure-seeded.ts';
import type { Window } from './effect/block.ts';

export interface Candidate {
  readonly name: string;
  readonly program: Program;
  readonly selector: Selector;
  /** Whether it reads what tokens say, so that it needs the tokenizer's texts, and text to be tried on. */
  readonly readsText: boolean;
  /** By what it selects: positions alone, the same token, or what other heads fetched. */
  readonly by: 'position' | 'token' | 'fetched';
}

/** One for each export of a program. Diagnostics: R7751. */
export function candidatesOf(program: Program): Candidate[] {
  return program.exports.map(({ name, node, span }) => {
    const selector = selectorOf(node);
    if (selector === null) return fail('R7751', { name }, { span });
    const nodes = reachable([selector]);
    const by = nodes.some(({ kind }) => kind === 'aggregate')
      ? 'fetched'
      : nodes.some(({ kind }) => kind === 'tokens')
        ? 'token'
        : 'position';
    return { name, program, selector, readsText: program.vocabulary?.kind === 'tokenizer', by };
  });
}

/** What a program selects in one window. Queries at which it selects the first position among others are in no list. */
export interface Ideal {
  /** Queries that select, and how many keys each has. */
  readonly queries: Int32Array;
  readonly counts: Int32Array;
  /** Their keys, one query's after the other's. */
  readonly keys: Int32Array;
  /** Queries that select nothing. */
  readonly silent: Int32Array;
}

export interface Ideals {
  /** A window each; null where the program was not tried. */
  readonly windows: readonly (Ideal | null)[];
  /** Whether the program selects the first position at most queries: then that is no sink. */
  readonly atFirst: boolean;
}

/**
 * @param texts of each token id, for programs that read them; null where there is no tokenizer
 */
export function idealsOf({ program, selector, readsText }: Candidate, windows: readonly Window[], texts: readonly string[] | null): Ideals {
  const raw = windows.map(({ ids, kind }): Ideal | null => {
    if (kind === 'classes' || (readsText && (texts === null || kind === 'random'))) return null;
    const values = Array.from(ids, (id): Value => (readsText ? (texts?.[id] ?? '') : BigInt(id) + 1n));
    const matrix = new Evaluation(values, { causal: program.causal?.value ?? true }).matrix(selector);
    const queries: number[] = [];
    const counts: number[] = [];
    const keys: number[] = [];
    const silent: number[] = [];
    const row = new Int32Array(ids.length);
    // the first position can only attend to itself
    for (let query = 1; query < ids.length; query++) {
      const seen = [...row.subarray(0, matrix.keysOf(query, row))].filter((key) => key <= query);
      if (seen.length === 0) silent.push(query);
      else {
        queries.push(query);
        counts.push(seen.length);
        keys.push(...seen);
      }
    }
    return {
      queries: Int32Array.from(queries),
      counts: Int32Array.from(counts),
      keys: Int32Array.from(keys),
      silent: Int32Array.from(silent),
    };
  });
  let first = 0;
  let all = 0;
  for (const ideal of raw) {
    if (ideal === null) continue;
    all += ideal.queries.length;
    eachQuery(ideal, (_, keys) => {
      if (keys.includes(0)) first++;
    });
  }
  const atFirst = first > all / 2;
  return { atFirst, windows: atFirst ? raw : raw.map((ideal) => (ideal === null ? null : withoutFirst(ideal))) };
}

export function eachQuery({ queries, counts, keys }: Ideal, visit: (query: number, keys: Int32Array) => void): void {
  let at = 0;
  queries.forEach((query, i) => {
    const count = numberAt(counts, i);
    visit(query, keys.subarray(at, at + count));
    at += count;
  });
}

function withoutFirst(ideal: Ideal): Ideal {
  const kept: { query: number; keys: Int32Array }[] = [];
  eachQuery(ideal, (query, keys) => {
    if (!keys.includes(0)) kept.push({ query, keys });
  });
  return {
    queries: Int32Array.from(kept, ({ query }) => query),
    counts: Int32Array.from(kept, ({ keys }) => keys.length),
    keys: Int32Array.from(kept.flatMap(({ keys }) => [...keys])),
    silent: ideal.silent,
  };
}

/**
 * The same with distances of another window: query i gets keys as far back as some query of the next window that was tried has. Null where
 * the distances are all the same, or where no window but this one was tried.
 */
export function shuffledIdeals({ windows, atFirst }: Ideals): Ideals | null {
  const tried = windows.flatMap((ideal, w) => (ideal === null || ideal.queries.length === 0 ? [] : [w]));
  const distances = new Map(
    tried.map((w) => {
      const lists: number[][] = [];
      const ideal = windows[w];
      if (ideal) eachQuery(ideal, (query, keys) => lists.push(Array.from(keys, (key) => query - key)));
      return [w, lists];
    }),
  );
  const kinds = new Set([...distances.values()].flat().map((list) => list.join()));
  if (tried.length < 2 || kinds.size < 2 || atFirst) return null;
  return {
    atFirst,
    windows: windows.map((ideal, w) => {
      if (ideal === null || !distances.has(w)) return null;
      const donor = distances.get(numberAt(tried, (tried.indexOf(w) + 1) % tried.length)) ?? [];
      const kept: { query: number; keys: number[] }[] = [];
      ideal.queries.forEach((query, i) => {
        const own = (donor[Math.floor((i * donor.length) / ideal.queries.length)] ?? []).map((distance) => query - distance);
        if (own.length > 0 && own.every((key) => key > 0)) kept.push({ query, keys: own });
      });
      return {
        queries: Int32Array.from(kept, ({ query }) => query),
        counts: Int32Array.from(kept, ({ keys }) => keys.length),
        keys: Int32Array.from(kept.flatMap(({ keys }) => keys)),
        silent: ideal.silent,
      };
    }),
  };
}
