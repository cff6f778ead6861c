/** What a group of a head's dimensions adds to the error of its scores, from the vectors of queries and keys at every value of what they read. */
import { spend } from '../../circuit/effort.ts';
import { floatAt, indexAt } from '../../tensor/number-at.ts';
import { boundSides, hasTooManyPairs } from './bound-sides.ts';
import type { InheritedScoreError } from './inherited-error.ts';
import { ScoreDistances } from './score-distances.ts';
import { type Side, sideErrorsOf } from './side.ts';
import { emptySparse, isSameSparse, type Sparse, setSparse } from './sparse.ts';

/** A pair of values counts as selected by a group of dimensions when its ideal score is the group's largest, up to rounding. */
const TIE = 1e-6;

/** What a key takes for each query, beside what they have in common, and a query's dimension by itself. */
const TURNS_A_KEY = 5;
const TURNS_A_DIMENSION = 3;
const PRODUCTS_A_TURN = 6;

/** More values than this are compared by their vectors: thousands of averages are read as two indicators. */
const MOST_VALUES = 512;

/** Values with one vector as one, with the largest of their errors. */
function byVector(sides: readonly Side[]): readonly Side[] {
  if (sides.length <= MOST_VALUES) return sides;
  const merged: Pick<Side, 'vector' | 'errors'>[] = [];
  // By a number that equal vectors share, since a text of each vector is long.
  const bySum = new Map<number, typeof merged>();
  for (const { vector, errors } of sides) {
    let sum = vector.indices.length;
    for (let i = 0; i < vector.indices.length; i++) sum += (indexAt(vector.indices, i) + 1) * floatAt(vector.numbers, i);
    const alike = bySum.get(sum) ?? [];
    const known = alike.find((each) => isSameSparse(each.vector, vector));
    if (known === undefined) {
      const one = { vector, errors: errors.slice() };
      merged.push(one);
      bySum.set(sum, [...alike, one]);
    } else for (let d = 0; d < errors.length; d++) known.errors[d] = Math.max(floatAt(known.errors, d), floatAt(errors, d));
  }
  return merged.map(({ vector, errors }) => ({ vector, ...sideErrorsOf(errors) }));
}

/**
 * All pairs of a query's and a key's values. What is 0 is never multiplied: codes are mostly one-hot, and there are as many dimensions as
 * values.
 */
export function compareSides(allQueries: readonly Side[], allKeys: readonly Side[]): InheritedScoreError {
  const [queries, keys] = [byVector(allQueries), byVector(allKeys)];
  if (hasTooManyPairs(queries, keys)) return boundSides(queries, keys);
  const keysAt = new KeysByDimension(keys);
  const sums = new PairSums(keys.length);
  const largest = new LargestErrors(keys);
  let before = emptySparse(0);
  let sinceAll = 0;
  const change = new Change();
  const distances = new ScoreDistances(queries, keys);
  for (const query of byEntries(queries)) {
    change.between(before, query.vector);
    if (sinceAll === MOST_CHANGES || change.count >= query.vector.indices.length) {
      sums.clear();
      change.between(NOTHING, query.vector);
      sinceAll = 0;
    } else sinceAll++;
    for (let c = 0; c < change.count; c++) {
      const dimension = indexAt(change.dimensions, c);
      const number = floatAt(change.numbers, c);
      const sign = indexAt(change.signs, c);
      sums.addProducts(keysAt.numbers(dimension), number, sign);
      sums.addReadErrors(keysAt.errors(dimension), sign * Math.abs(number));
    }
    before = query.vector;
    spend(TURNS_A_KEY * keys.length + TURNS_A_DIMENSION * query.wrong.length);
    sums.beginErrors();
    distances.take(query, sums.scores, sums.errors);
    for (const dimension of query.wrong) sums.addErrors(keysAt.numbers(dimension), floatAt(query.errors, dimension));
    largest.take(query, sums);
  }
  const { selected, any, magnitude, products } = largest;
  return { selected, any, magnitude, products, lost: distances.lost ?? { apart: selected + any, closer: any } };
}

/**
 * By key, of the query at hand. Each loop over keys is a method of its own: in one large function what reads an array is not made part of it, and
 * takes ten times as long.
 */
class PairSums {
  readonly scores: Float64Array;
  /** The sum of absolute products, and how many products there are. */
  readonly absolute: Float64Array;
  readonly counts: Float64Array;
  /** What keys are off by, and that with what queries are. */
  readonly #readErrors: Float64Array;
  readonly errors: Float64Array;

  constructor(keys: number) {
    this.scores = new Float64Array(keys);
    this.absolute = new Float64Array(keys);
    this.counts = new Float64Array(keys);
    this.#readErrors = new Float64Array(keys);
    this.errors = new Float64Array(keys);
  }

  clear(): void {
    for (const sums of [this.scores, this.absolute, this.counts, this.#readErrors]) sums.fill(0);
  }

  addProducts({ indices, numbers }: Sparse, number: number, sign: number): void {
    spend(indices.length / PRODUCTS_A_TURN);
    const { scores, absolute, counts } = this;
    for (let i = 0; i < indices.length; i++) {
      const key = indexAt(indices, i);
      const product = number * floatAt(numbers, i);
      scores[key] = floatAt(scores, key) + sign * product;
      absolute[key] = floatAt(absolute, key) + sign * Math.abs(product);
      if (product !== 0) counts[key] = floatAt(counts, key) + sign;
    }
  }

  addReadErrors({ indices, numbers }: Sparse, size: number): void {
    spend(indices.length / PRODUCTS_A_TURN);
    const readErrors = this.#readErrors;
    for (let i = 0; i < indices.length; i++) {
      const key = indexAt(indices, i);
      readErrors[key] = floatAt(readErrors, key) + size * floatAt(numbers, i);
    }
  }

  beginErrors(): void {
    const [readErrors, errors] = [this.#readErrors, this.errors];
    for (let key = 0; key < errors.length; key++) errors[key] = floatAt(readErrors, key) * (1 + CHANGE_SLACK);
  }

  addErrors({ indices, numbers }: Sparse, wrong: number): void {
    spend(indices.length / PRODUCTS_A_TURN);
    const { errors } = this;
    for (let i = 0; i < indices.length; i++) {
      const key = indexAt(indices, i);
      errors[key] = floatAt(errors, key) + Math.abs(floatAt(numbers, i)) * wrong;
    }
  }
}

/** The largest of what pairs are off by. */
class LargestErrors {
  readonly #keys: readonly Side[];
  readonly #lengths: Float64Array;
  #best = Number.NEGATIVE_INFINITY;
  magnitude = 0;
  products = 0;
  selected = 0;
  any = 0;

  constructor(keys: readonly Side[]) {
    this.#keys = keys;
    this.#lengths = Float64Array.from(keys, ({ errorLength }) => errorLength);
  }

  take(query: Side, { scores, absolute, counts, errors }: PairSums): void {
    const lengths = this.#lengths;
    let { magnitude, products, any } = this;
    for (let k = 0; k < lengths.length; k++) {
      magnitude = Math.max(magnitude, floatAt(absolute, k));
      products = Math.max(products, floatAt(counts, k));
      const error = floatAt(errors, k) + query.errorLength * floatAt(lengths, k);
      any = Math.max(any, error);
      const score = floatAt(scores, k);
      if (score >= this.#best - TIE) this.#takeBest(query, k, score, floatAt(errors, k));
    }
    [this.magnitude, this.products, this.any] = [magnitude, products, any];
  }

  #takeBest(query: Side, k: number, score: number, readError: number): void {
    const key = this.#keys[k] as Side;
    if (score > this.#best + TIE || readError + query.errorLength * key.errorLength > this.selected) {
      // Errors of one side by errors of the other: summed for selected pairs, where it matters.
      let error = readError;
      for (const d of key.wrong) error += floatAt(query.errors, d) * floatAt(key.errors, d);
      this.selected = score > this.#best + TIE ? error : Math.max(this.selected, error);
    }
    this.#best = Math.max(this.#best, score);
  }
}

/** Those with fewer numbers first. */
function byEntries(sides: readonly Side[]): readonly Side[] {
  return [...sides].sort((a, b) => a.vector.indices.length - b.vector.indices.length);
}

/** After so many vectors sums are made anew, and by what part of them they may have gone wrong until then: 2^-52 each time, and room. */
const MOST_CHANGES = 64;
const CHANGE_SLACK = 2 ** -40;

/** What has to be added and taken away to make one vector of another: of thresholds each has what the one before has, and one number more. */
class Change {
  dimensions = new Int32Array(0);
  numbers = new Float64Array(0);
  /** 1 of what is added, -1 of what is taken away. */
  signs = new Int32Array(0);
  count = 0;

  between(before: Sparse, after: Sparse): void {
    this.count = 0;
    this.#makeRoom(before.indices.length + after.indices.length);
    for (let i = 0, j = 0; i < before.indices.length || j < after.indices.length; ) {
      const old = i < before.indices.length ? indexAt(before.indices, i) : END;
      const own = j < after.indices.length ? indexAt(after.indices, j) : END;
      const isSame = old === own && floatAt(before.numbers, i) === floatAt(after.numbers, j);
      if (old <= own && !isSame) this.#push(old, floatAt(before.numbers, i), -1);
      if (own <= old && !isSame) this.#push(own, floatAt(after.numbers, j), 1);
      if (old <= own) i++;
      if (own <= old) j++;
    }
  }

  #push(dimension: number, number: number, sign: 1 | -1): void {
    this.dimensions[this.count] = dimension;
    this.numbers[this.count] = number;
    this.signs[this.count++] = sign;
  }

  #makeRoom(count: number): void {
    if (this.signs.length >= count) return;
    this.dimensions = new Int32Array(2 * count);
    this.numbers = new Float64Array(2 * count);
    this.signs = new Int32Array(2 * count);
  }
}

/** Of no dimension. */
const END = 2 ** 31 - 1;

/** For each dimension, the keys that have a number or an error in it. */
class KeysByDimension {
  readonly #numbers: readonly Sparse[];
  readonly #errors: readonly Sparse[];

  constructor(keys: readonly Side[]) {
    const dimensions = keys[0]?.errors.length ?? 0;
    const [inDimensions, wrong] = [new Int32Array(dimensions), new Int32Array(dimensions)];
    for (const key of keys) {
      for (const dimension of key.vector.indices) inDimensions[dimension] = indexAt(inDimensions, dimension) + 1;
      for (const dimension of key.wrong) wrong[dimension] = indexAt(wrong, dimension) + 1;
    }
    this.#numbers = Array.from(inDimensions, emptySparse);
    this.#errors = Array.from(wrong, emptySparse);
    inDimensions.fill(0);
    wrong.fill(0);
    for (const [index, key] of keys.entries()) {
      for (let i = 0; i < key.vector.indices.length; i++) {
        const dimension = indexAt(key.vector.indices, i);
        const at = indexAt(inDimensions, dimension);
        setSparse(this.numbers(dimension), at, index, floatAt(key.vector.numbers, i));
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

const NOTHING = emptySparse(0);
