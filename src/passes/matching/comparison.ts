/**
 * A single comparison of two s-ops as a predicate, known by its form: which values are equal, or how many are smaller. Ten thousand tokens have a
 * hundred million pairs, and none of them is looked at.
 */
import { compareStrings } from '../../graph/evaluate/values/python-arithmetic.ts';
import type { ComparisonOperator } from '../../graph/graph.ts';
import { equalityKey, type Value } from '../../graph/value.ts';
import { type Classes, type Matching, matchingOf, type Predicate, type Ranks } from './predicate.ts';

/** Null where pairs have to be looked at: values of two types that have no order, or `nan`, which is not itself. */
export function comparison(operator: ComparisonOperator, keys: readonly Value[], queries: readonly Value[]): Predicate | null {
  const all = [...keys, ...queries];
  if (all.some((value) => typeof value === 'number' && Number.isNaN(value))) return null;
  if (operator === '==') return new Equality(keys, queries);
  const areStrings = typeof all[0] === 'string';
  if (operator === '!=' || all.some((value) => (typeof value === 'string') !== areStrings)) return null;
  return new Order(operator, keys, queries);
}

/** The comparison that holds where another does not; of orders, where there is no `nan`. */
export const OPPOSITE: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
};

class Equality implements Predicate {
  readonly keyClasses: Classes;
  readonly queryClasses: Classes;
  /** Of each query the class of the keys that equal it, -1 where none does. */
  readonly #keyClassOf: Int32Array;

  constructor(keys: readonly Value[], queries: readonly Value[]) {
    const keyTexts = keys.map(equalityKey);
    const queryTexts = queries.map(equalityKey);
    const asked = new Set(queryTexts);
    const [keyClasses, slots] = classesOf(keyTexts.map((text) => (asked.has(text) ? text : null)));
    this.keyClasses = keyClasses;
    this.queryClasses = classesOf(queryTexts.map((text) => (slots.has(text) ? text : null)))[0];
    this.#keyClassOf = Int32Array.from(queryTexts, (text) => slots.get(text) ?? -1);
  }

  at(key: number, query: number): number {
    const own = this.keyClasses.of[key] as number;
    return own >= 0 && own === this.#keyClassOf[query] ? 1 : 0;
  }

  ranks(): Ranks | null {
    if (this.keyClasses.selecting > 1) return null;
    const keys = this.keyClasses.of.map((c) => c + 1);
    return {
      keys,
      queries: Float64Array.from(this.#keyClassOf, (c) => (c < 0 ? this.keyClasses.selecting + 0.5 : 0.5)),
      most: this.keyClasses.selecting,
    };
  }

  matching(): Matching {
    return matchingOf(this.keyClasses, this.#keyClassOf);
  }
}

/** `<`, `>` and their relatives: of two keys the one that fewer queries select is selected with the other. */
class Order implements Predicate {
  readonly keyClasses: Classes;
  readonly queryClasses: Classes;
  /** 0 for a key that is in no selected pair. */
  readonly #rankOf: Int32Array;
  /** The least rank that each query selects; one more than there is where it selects none. */
  readonly #leastOf: Int32Array;

  constructor(operator: Exclude<ComparisonOperator, '==' | '!='>, keys: readonly Value[], queries: readonly Value[]) {
    const selectsGreater = operator === '>' || operator === '>=';
    const counts = countsBeside(keys, queries, selectsGreater, operator === '>=' || operator === '<=');
    const asked = [...new Set(counts)].filter((count) => count > 0).sort((a, b) => a - b);
    const rankOf = new Map(asked.map((count, i) => [count, i + 1]));
    this.#rankOf = Int32Array.from(counts, (count) => rankOf.get(count) ?? 0);
    // the query that selects most needs the least rank, so each needs as much as it selects fewer
    const selected = countsBeside(queries, keys, !selectsGreater, operator === '>=' || operator === '<=');
    const ascending = this.#rankOf.slice().sort();
    this.#leastOf = Int32Array.from(selected, (count) => ascending[ascending.length - count] ?? asked.length + 1);
    this.keyClasses = classesOf(Array.from(this.#rankOf, (rank) => (rank === 0 ? null : rank)))[0];
    this.queryClasses = classesOf(Array.from(this.#leastOf, (least) => (least > asked.length ? null : least)))[0];
  }

  at(key: number, query: number): number {
    return (this.#rankOf[key] as number) >= (this.#leastOf[query] as number) ? 1 : 0;
  }

  ranks(): Ranks {
    return { keys: this.#rankOf, queries: Float64Array.from(this.#leastOf, (least) => least - 0.5), most: this.keyClasses.selecting };
  }

  /** The key of the highest rank is selected with every other. */
  matching(): Matching | null {
    if (this.keyClasses.selecting > 1) return null;
    return matchingOf(
      this.keyClasses,
      this.#leastOf.map((least) => (least > this.keyClasses.selecting ? -1 : 0)),
    );
  }
}

/** Of each value how many others are smaller (or greater), or equal too. */
function countsBeside(values: readonly Value[], others: readonly Value[], smaller: boolean, orEqual: boolean): number[] {
  const sorted = [...others].sort(order);
  return values.map((value) => {
    // equal ones count as smaller where those are asked for and equal ones are, or where neither is
    const below = firstWhere(sorted, (other) => (smaller === orEqual ? order(other, value) > 0 : order(other, value) >= 0));
    return smaller ? below : sorted.length - below;
  });
}

/** The index of the first that passes, which all after it do; the length where none does. */
function firstWhere<T>(sorted: readonly T[], passes: (each: T) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(sorted[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Of strings by code points, of numbers by size. */
function order(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Numbered in the order in which they come, null being in none; and the number of each. */
function classesOf<T>(labels: readonly (T | null)[]): [Classes, ReadonlyMap<T, number>] {
  const known = new Map<T, number>();
  const of = Int32Array.from(labels, (label) => {
    if (label === null) return -1;
    const c = known.get(label) ?? known.size;
    known.set(label, c);
    return c;
  });
  return [{ of, selecting: known.size }, known];
}
