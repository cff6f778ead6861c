/** What a group of a head's dimensions adds to the error of its scores, from the vectors of queries and keys at every value of what they read. */
import { floatAt, indexAt } from '../../tensor/number-at.ts';
import { boundSides, hasTooManyPairs } from './bound-sides.ts';
import { type LostDistance, ScoreDistances } from './score-distances.ts';
import { type Side, sideErrorsOf } from './side.ts';

export interface ScoreError {
  /** Nats, of keys that are selected. */
  readonly selected: number;
  /** Nats, of any key. */
  readonly any: number;
}

/** The same, with what the rounding of the sum goes by: its largest sum of absolute products, and how many of them are not 0 at once. */
export interface InheritedScoreError extends ScoreError {
  /** What the two leave of the ideal distance between a selected key and any other, if that says more than they do by themselves. */
  readonly lost: LostDistance;
  readonly magnitude: number;
  readonly products: number;
}

/** A pair of values counts as selected by a group of dimensions when its ideal score is the group's largest, up to rounding. */
const TIE = 1e-6;

/** More values than this are compared by their vectors: thousands of averages are read as two indicators. */
const MOST_VALUES = 512;

/** Values with one vector as one, with the largest of their errors. */
function byVector(sides: readonly Side[]): readonly Side[] {
  if (sides.length <= MOST_VALUES) return sides;
  const merged: { entries: Side['entries']; errors: Float64Array }[] = [];
  // By a number that equal vectors share, since a text of each vector is long.
  const bySum = new Map<number, typeof merged>();
  for (const { entries, errors } of sides) {
    let sum = entries.length;
    for (const { dimension, number } of entries) sum += (dimension + 1) * number;
    const alike = bySum.get(sum) ?? [];
    const known = alike.find((each) => hasEntries(each.entries, entries));
    if (known === undefined) {
      const one = { entries, errors: errors.slice() };
      merged.push(one);
      bySum.set(sum, [...alike, one]);
    } else for (let d = 0; d < errors.length; d++) known.errors[d] = Math.max(floatAt(known.errors, d), floatAt(errors, d));
  }
  return merged.map(({ entries, errors }) => ({ entries, ...sideErrorsOf(errors) }));
}

function hasEntries(entries: Side['entries'], others: Side['entries']): boolean {
  return (
    entries.length === others.length &&
    entries.every(({ dimension, number }, i) => others[i]?.dimension === dimension && others[i]?.number === number)
  );
}

/**
 * All pairs of a query's and a key's values. What is 0 is never multiplied: codes are mostly one-hot, and there are as many dimensions as
 * values.
 */
export function compareSides(allQueries: readonly Side[], allKeys: readonly Side[]): InheritedScoreError {
  const [queries, keys] = [byVector(allQueries), byVector(allKeys)];
  if (hasTooManyPairs(queries, keys)) return boundSides(queries, keys);
  const keysAt = new KeysByDimension(keys);
  let best = Number.NEGATIVE_INFINITY;
  let magnitude = 0;
  let products = 0;
  let selected = 0;
  let any = 0;
  const scores = new Float64Array(keys.length);
  const absolute = new Float64Array(keys.length);
  const counts = new Float64Array(keys.length);
  /** What keys are off by, and that with what queries are. */
  const readErrors = new Float64Array(keys.length);
  const errors = new Float64Array(keys.length);
  let before: Side['entries'] = [];
  let sinceAll = 0;
  const distances = new ScoreDistances(queries, keys);
  for (const query of byEntries(queries)) {
    let change = changeBetween(before, query.entries);
    if (sinceAll === MOST_CHANGES || change.length >= query.entries.length) {
      for (const sums of [scores, absolute, counts, readErrors]) sums.fill(0);
      change = query.entries.map((entry) => ({ ...entry, sign: 1 }));
      sinceAll = 0;
    } else sinceAll++;
    for (const { dimension, number, sign } of change) {
      const size = sign * Math.abs(number);
      const numbers = keysAt.numbers(dimension);
      for (let i = 0; i < numbers.indices.length; i++) {
        const key = indexAt(numbers.indices, i);
        const product = number * floatAt(numbers.numbers, i);
        scores[key] = floatAt(scores, key) + sign * product;
        absolute[key] = floatAt(absolute, key) + sign * Math.abs(product);
        if (product !== 0) counts[key] = floatAt(counts, key) + sign;
      }
      const own = keysAt.errors(dimension);
      for (let i = 0; i < own.indices.length; i++) {
        const key = indexAt(own.indices, i);
        readErrors[key] = floatAt(readErrors, key) + size * floatAt(own.numbers, i);
      }
    }
    before = query.entries;
    for (let key = 0; key < keys.length; key++) errors[key] = floatAt(readErrors, key) * (1 + CHANGE_SLACK);
    distances.take(query, scores, errors);
    for (const dimension of query.wrong) {
      const wrong = floatAt(query.errors, dimension);
      const numbers = keysAt.numbers(dimension);
      for (let i = 0; i < numbers.indices.length; i++) {
        const key = indexAt(numbers.indices, i);
        errors[key] = floatAt(errors, key) + Math.abs(floatAt(numbers.numbers, i)) * wrong;
      }
    }
    for (const [k, key] of keys.entries()) {
      const score = floatAt(scores, k);
      let error = floatAt(errors, k);
      magnitude = Math.max(magnitude, floatAt(absolute, k));
      products = Math.max(products, floatAt(counts, k));
      any = Math.max(any, error + query.errorLength * key.errorLength);
      if (score < best - TIE) continue;
      // Errors of one side by errors of the other: summed for selected pairs, where it matters.
      if (score <= best + TIE && error + query.errorLength * key.errorLength <= selected) {
        best = Math.max(best, score);
        continue;
      }
      for (const d of key.wrong) error += floatAt(query.errors, d) * floatAt(key.errors, d);
      selected = score > best + TIE ? error : Math.max(selected, error);
      best = Math.max(best, score);
    }
  }
  return { selected, any, magnitude, products, lost: distances.lost ?? { apart: selected + any, closer: any } };
}

/** Those with fewer numbers first. */
function byEntries(sides: readonly Side[]): readonly Side[] {
  return [...sides].sort((a, b) => a.entries.length - b.entries.length);
}

/** After so many vectors sums are made anew, and by what part of them they may have gone wrong until then: 2^-52 each time, and room. */
const MOST_CHANGES = 64;
const CHANGE_SLACK = 2 ** -40;

/** What has to be added and taken away to make one vector of another: of thresholds each has what the one before has, and one number more. */
function changeBetween(before: Side['entries'], after: Side['entries']): readonly (Side['entries'][number] & { readonly sign: 1 | -1 })[] {
  const change: (Side['entries'][number] & { readonly sign: 1 | -1 })[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    const [old, own] = [before[i], after[j]];
    const at = Math.min(old?.dimension ?? Number.POSITIVE_INFINITY, own?.dimension ?? Number.POSITIVE_INFINITY);
    const [isOld, isOwn] = [old?.dimension === at, own?.dimension === at];
    if (old?.number !== own?.number || !isOld || !isOwn) {
      if (old !== undefined && isOld) change.push({ ...old, sign: -1 });
      if (own !== undefined && isOwn) change.push({ ...own, sign: 1 });
    }
    if (isOld) i++;
    if (isOwn) j++;
  }
  return change;
}

/** For each dimension, the keys that have a number or an error in it. */
class KeysByDimension {
  readonly #numbers: readonly Sparse[];
  readonly #errors: readonly Sparse[];

  constructor(keys: readonly Side[]) {
    const dimensions = keys[0]?.errors.length ?? 0;
    const [inDimensions, wrong] = [new Int32Array(dimensions), new Int32Array(dimensions)];
    for (const key of keys) {
      for (const { dimension } of key.entries) inDimensions[dimension] = indexAt(inDimensions, dimension) + 1;
      for (const dimension of key.wrong) wrong[dimension] = indexAt(wrong, dimension) + 1;
    }
    this.#numbers = Array.from(inDimensions, emptySparse);
    this.#errors = Array.from(wrong, emptySparse);
    inDimensions.fill(0);
    wrong.fill(0);
    for (const [index, key] of keys.entries()) {
      for (const { dimension, number } of key.entries) {
        const at = indexAt(inDimensions, dimension);
        setSparse(this.numbers(dimension), at, index, number);
        inDimensions[dimension] = at + 1;
      }
      for (const dimension of key.wrong) {
        const at = indexAt(wrong, dimension);
        setSparse(this.errors(dimension), at, index, floatAt(key.errors, dimension));
        wrong[dimension] = at + 1;
      }
    }
  }

  numbers(dimension: number): Sparse {
    return this.#numbers[dimension] ?? NOTHING;
  }

  errors(dimension: number): Sparse {
    return this.#errors[dimension] ?? NOTHING;
  }
}

/** A vector without its zeros, where there may be as many as there are values: in two plain arrays, since there are as many as dimensions, too. */
export interface Sparse {
  readonly indices: Int32Array;
  readonly numbers: Float64Array;
}

const NOTHING = emptySparse(0);

export function emptySparse(count: number): Sparse {
  return { indices: new Int32Array(count), numbers: new Float64Array(count) };
}

function setSparse({ indices, numbers }: Sparse, at: number, index: number, number: number): void {
  indices[at] = index;
  numbers[at] = number;
}
