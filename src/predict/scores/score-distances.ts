/**
 * How much of the ideal distance between the selected key of a query and every other can be lost in one group of a head's dimensions. Codes that
 * share dimensions tell neighbours apart by little and all others by much, which a bound of every score by itself would not see.
 */
import { spend } from '../../circuit/effort.ts';
import { floatAt, indexAt } from '../../tensor/number-at.ts';
import type { Side } from './side.ts';

export interface LostDistance {
  /**
   * Nats by which a key that is not selected may come closer to the selected one of its query than the least ideal distance: what the query
   * is off by counts by what tells the two keys apart, and the further away a key is by right, the more it may be off.
   */
  readonly apart: number;
  /** Nats by which such a key's score may come closer to the ideal score of a selected one than the least ideal distance. */
  readonly closer: number;
}

/** More products than this are not looked at; where there are many dimensions, codes share none. */
const MOST_PRODUCTS = 2 ** 24;
const MOST_DIMENSIONS = 40;
/** What a key takes for each query, beside the query's dimensions. */
const TURNS_A_KEY = 4;
const DIMENSIONS_A_TURN = 4;
/** Scores as near as this are one. */
const TIE = 1e-6;

/** One query beside its best keys and all others. Nats; what is off less what is ideally between. */
interface QueryDistances {
  readonly best: number;
  /** The least distance of another key. */
  readonly nearest: number;
  readonly tied: { readonly apart: number; readonly score: number };
  readonly others: { readonly apart: number; readonly score: number };
}

export class ScoreDistances {
  readonly #count: number;
  readonly #isLooked: boolean;
  /** By dimension and key, its ideal numbers and its errors: read one after the other, where each key's own arrays would be looked up. */
  readonly #numbers: Float64Array;
  readonly #errors: Float64Array;
  /** By key, of the query at hand. */
  readonly #apart: Float64Array;
  readonly #score: Float64Array;
  readonly #queries: QueryDistances[] = [];

  constructor(queries: readonly Side[], keys: readonly Side[]) {
    const dimensions = keys[0]?.errors.length ?? 0;
    this.#isLooked = dimensions <= MOST_DIMENSIONS && queries.length * keys.length * dimensions <= MOST_PRODUCTS;
    this.#count = keys.length;
    const size = this.#isLooked ? keys.length : 0;
    this.#numbers = new Float64Array(size * dimensions);
    this.#errors = new Float64Array(size * dimensions);
    this.#apart = new Float64Array(size);
    this.#score = new Float64Array(size);
    for (let k = 0; k < size; k++) {
      const { vector, errors, wrong } = keys[k] as Side;
      for (let i = 0; i < vector.indices.length; i++) this.#numbers[indexAt(vector.indices, i) * size + k] = floatAt(vector.numbers, i);
      for (let i = 0; i < wrong.length; i++) this.#errors[indexAt(wrong, i) * size + k] = floatAt(errors, indexAt(wrong, i));
    }
  }

  /**
   * @param scores by key, ideal
   * @param readErrors by key, what its own numbers make the score be off by
   */
  take(query: Side, scores: Float64Array, readErrors: Float64Array): void {
    if (!this.#isLooked) return;
    spend(this.#count * (TURNS_A_KEY + query.wrong.length / DIMENSIONS_A_TURN));
    const best = largestOf(scores);
    const selected = atLeast(scores, best - TIE);
    const [first] = selected;
    if (first === undefined) return;
    const read = selected.reduce((most, k) => Math.max(most, floatAt(readErrors, k)), 0);
    // Keys that differ and are selected alike have nothing in common that a distance could be taken from.
    const tied = {
      apart: this.#areAlike(selected, query.errors.length) ? 2 * read : Number.POSITIVE_INFINITY,
      score: Number.NEGATIVE_INFINITY,
    };
    this.#begin(read, readErrors);
    for (let i = 0; i < query.wrong.length; i++) {
      const d = indexAt(query.wrong, i);
      const wrong = floatAt(query.errors, d);
      const error = selected.reduce((most, k) => Math.max(most, floatAt(this.#errors, d * this.#count + k)), 0);
      tied.apart += 2 * wrong * error;
      this.#addDimension(d, wrong, floatAt(this.#numbers, d * this.#count + first), error);
    }
    const others = { apart: Number.NEGATIVE_INFINITY, score: Number.NEGATIVE_INFINITY };
    for (const k of selected) tied.score = Math.max(tied.score, floatAt(this.#score, k));
    this.#queries.push({ best, nearest: this.#lookAtOthers(best, scores, others), tied, others });
  }

  #begin(read: number, readErrors: Float64Array): void {
    for (let k = 0; k < this.#count; k++) {
      const own = floatAt(readErrors, k);
      this.#apart[k] = read + own;
      this.#score[k] = own;
    }
  }

  /** How far the nearest key is that is not selected; into `others` goes the most that such keys are off by, less how far they are. */
  #lookAtOthers(best: number, scores: Float64Array, others: { apart: number; score: number }): number {
    let nearest = Number.POSITIVE_INFINITY;
    let apart = Number.NEGATIVE_INFINITY;
    let score = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < this.#count; k++) {
      if (floatAt(scores, k) >= best - TIE) continue;
      const distance = best - floatAt(scores, k);
      nearest = Math.min(nearest, distance);
      apart = Math.max(apart, floatAt(this.#apart, k) - distance);
      score = Math.max(score, floatAt(this.#score, k) - distance);
    }
    [others.apart, others.score] = [apart, score];
    return nearest;
  }

  /**
   * What a dimension in which the query is off adds for each key.
   * @param own the number of the selected key
   * @param error the largest error of a selected key
   */
  #addDimension(dimension: number, wrong: number, own: number, error: number): void {
    const start = dimension * this.#count;
    for (let k = 0; k < this.#count; k++) {
      const number = floatAt(this.#numbers, start + k);
      const keyError = floatAt(this.#errors, start + k);
      this.#apart[k] = floatAt(this.#apart, k) + wrong * (Math.abs(number - own) + keyError + error);
      this.#score[k] = floatAt(this.#score, k) + wrong * (Math.abs(number) + keyError);
    }
  }

  /** Whether keys have the same ideal numbers. */
  #areAlike([first = 0, ...others]: readonly number[], dimensions: number): boolean {
    for (const k of others)
      for (let d = 0; d < dimensions; d++)
        if (floatAt(this.#numbers, d * this.#count + k) !== floatAt(this.#numbers, d * this.#count + first)) return false;
    return true;
  }

  /** Null where it was not looked at. A query whose best score is lower than that of others selects nothing. */
  get lost(): LostDistance | null {
    if (!this.#isLooked) return null;
    const best = this.#queries.reduce((most, query) => Math.max(most, query.best), Number.NEGATIVE_INFINITY);
    let gap = Number.POSITIVE_INFINITY;
    for (const query of this.#queries) gap = Math.min(gap, query.best >= best - TIE ? query.nearest : best - query.best);
    let apart = 0;
    let closer = 0;
    for (const { best: own, tied, others } of this.#queries) {
      const left = Number.isFinite(gap) ? gap : 0;
      if (own >= best - TIE) {
        apart = Math.max(apart, tied.apart, others.apart + left);
        closer = Math.max(closer, tied.score, others.score + left);
      } else closer = Math.max(closer, Math.max(tied.score, others.score) - (best - own) + left);
    }
    return { apart, closer };
  }
}

function largestOf(numbers: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < numbers.length; i++) most = Math.max(most, floatAt(numbers, i));
  return most;
}

/** Where a number is at least so much. */
function atLeast(numbers: Float64Array, least: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < numbers.length; i++) if (floatAt(numbers, i) >= least) found.push(i);
  return found;
}
