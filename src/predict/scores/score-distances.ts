/**
 * How much of the ideal distance between the selected key of a query and every other can be lost in one group of a head's dimensions. Codes that
 * share dimensions tell neighbours apart by little and all others by much, which a bound of every score by itself would not see.
 */
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
  readonly #keys: readonly Side[];
  readonly #isLooked: boolean;
  /** By key, its ideal numbers. */
  readonly #numbers: readonly Float64Array[];
  readonly #queries: QueryDistances[] = [];

  constructor(queries: readonly Side[], keys: readonly Side[]) {
    const dimensions = keys[0]?.errors.length ?? 0;
    this.#keys = keys;
    this.#isLooked = dimensions <= MOST_DIMENSIONS && queries.length * keys.length * dimensions <= MOST_PRODUCTS;
    this.#numbers = this.#isLooked ? keys.map((key) => dense(key, dimensions)) : [];
  }

  /**
   * @param scores by key, ideal
   * @param readErrors by key, what its own numbers make the score be off by
   */
  take(query: Side, scores: Float64Array, readErrors: Float64Array): void {
    if (!this.#isLooked) return;
    const best = scores.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
    const selected = [...this.#keys.keys()].filter((k) => floatAt(scores, k) >= best - TIE);
    const [first] = selected;
    if (first === undefined) return;
    const own = this.#numbers[first] as Float64Array;
    // Keys that differ and are selected alike have nothing in common that a distance could be taken from.
    const isOne = selected.every((k) => this.#numbers[k]?.every((x, d) => x === own[d]));
    const errors = own.map((_, d) => selected.reduce((most, k) => Math.max(most, floatAt((this.#keys[k] as Side).errors, d)), 0));
    const read = selected.reduce((most, k) => Math.max(most, floatAt(readErrors, k)), 0);
    const tied = { apart: isOne ? 2 * read : Number.POSITIVE_INFINITY, score: Number.NEGATIVE_INFINITY };
    for (const dimension of query.wrong) tied.apart += 2 * floatAt(query.errors, dimension) * floatAt(errors, dimension);
    const others = { apart: Number.NEGATIVE_INFINITY, score: Number.NEGATIVE_INFINITY };
    let nearest = Number.POSITIVE_INFINITY;
    for (const [k, key] of this.#keys.entries()) {
      const numbers = this.#numbers[k] as Float64Array;
      let apart = read + floatAt(readErrors, k);
      let score = floatAt(readErrors, k);
      for (let i = 0; i < query.wrong.length; i++) {
        const d = indexAt(query.wrong, i);
        const wrong = floatAt(query.errors, d);
        const keyError = floatAt(key.errors, d);
        apart += wrong * (Math.abs(floatAt(numbers, d) - floatAt(own, d)) + keyError + floatAt(errors, d));
        score += wrong * (Math.abs(floatAt(numbers, d)) + keyError);
      }
      const distance = best - floatAt(scores, k);
      if (distance <= TIE) {
        tied.score = Math.max(tied.score, score);
        continue;
      }
      nearest = Math.min(nearest, distance);
      others.apart = Math.max(others.apart, apart - distance);
      others.score = Math.max(others.score, score - distance);
    }
    this.#queries.push({ best, nearest, tied, others });
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

function dense({ vector }: Side, dimensions: number): Float64Array {
  const numbers = new Float64Array(dimensions);
  for (let i = 0; i < vector.indices.length; i++) numbers[indexAt(vector.indices, i)] = floatAt(vector.numbers, i);
  return numbers;
}
