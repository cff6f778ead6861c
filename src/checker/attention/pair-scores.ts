/** Scores of one query with keys, errors included, relative to BOS or to another key. */
import type { Approximate } from '../bounds/form.ts';
import { SAFETY, UNIT } from '../bounds/rounding.ts';
import type { Side, Vector } from './head-sides.ts';

/** Scores are divided by √dim, and distances may be scored by rotation. */
export interface ScoreRule {
  readonly factor: number;
  /** Roundings of one product before it is summed. */
  readonly roundings: number;
  /** Largest score that any pair of positions may get besides, up to which it counts as noise. */
  readonly noise: number;
  /** By distance of query and key, what turning dimensions add; null where there are none. */
  readonly byDistance: ByDistance | null;
}

/** Scores of turning dimensions, by how many positions the key lies before the query. */
export interface ByDistance {
  readonly center: Float64Array;
  readonly radius: number;
}

const TINY = 2 ** -18;

/** Scores of one query with keys, relative to BOS. */
export class PairScores {
  readonly #query: Side;
  readonly #key: Side;
  readonly #rule: ScoreRule;
  #dims: number[] = [];
  readonly #center: Float64Array;
  readonly #radius: Float64Array;
  #bos = 0;
  #bosError = 0;
  /** Of the query's own part with what every key has. */
  #common = 0;

  constructor(query: Side, key: Side, rule: ScoreRule) {
    this.#query = query;
    this.#key = key;
    this.#rule = rule;
    this.#center = new Float64Array(query.size);
    this.#radius = new Float64Array(query.size);
  }

  setQuery({ center, radius }: Vector): void {
    this.#dims = [];
    [this.#bos, this.#bosError, this.#common] = [0, 0, 0];
    for (let d = 0; d < center.length; d++) {
      const [own, ownError] = [center[d] as number, radius[d] as number];
      this.#center[d] = (this.#query.base[d] as number) + own;
      this.#radius[d] = (this.#query.baseRadius[d] as number) + ownError;
      if (this.#center[d] !== 0 || this.#radius[d] !== 0) this.#dims.push(d);
      const bos = (this.#key.bos[d] as number) - (this.#key.base[d] as number);
      const bosError = (this.#key.bosRadius[d] as number) + (this.#key.baseRadius[d] as number);
      this.#bos += own * bos;
      this.#common += own * (this.#key.scaledBase[d] as number);
      this.#bosError += Math.abs(own) * bosError + ownError * (Math.abs(bos) + bosError);
    }
  }

  /** A key's score above that of BOS. */
  of(key: Vector, distance: number): Approximate {
    const { factor } = this.#rule;
    const { sum, scaled, error } = this.#product(key, null);
    const turned = this.#turned(distance);
    const off = error + this.#bosError + this.#query.scale * Math.abs(scaled - this.#bos);
    return { center: factor * (sum - this.#bos) + turned.center, radius: SAFETY * factor * off + turned.radius };
  }

  /** A key's score above what the middle of another key would score. */
  against(key: Vector, reference: Vector, distance: number, referenceDistance: number): Approximate {
    const { factor } = this.#rule;
    const { sum, scaled, error } = this.#product(key, reference.center);
    const [turned, other] = [this.#turned(distance), this.#turned(referenceDistance)];
    const off = error + this.#query.scale * Math.abs(scaled);
    return { center: factor * sum + turned.center - other.center, radius: SAFETY * factor * off + turned.radius };
  }

  /** The query's product with a key, less that with a reference; errors of the query count by how far the two are apart. */
  #product({ center, radius }: Vector, reference: Float64Array | null): { sum: number; scaled: number; error: number } {
    let [sum, scaled, whole, error, total, large, tiny] = [0, 0, 0, 0, 0, 0, 0];
    for (const d of this.#dims) {
      const [k, ek] = [center[d] as number, radius[d] as number];
      const r = reference === null ? 0 : (reference[d] as number);
      if (k === 0 && ek === 0 && r === 0) continue;
      const [q, eq] = [this.#center[d] as number, this.#radius[d] as number];
      const product = Math.abs(q * k);
      const apart = k - r;
      sum += q * apart;
      scaled += (q - (this.#query.base[d] as number) + (this.#query.scaledBase[d] as number)) * apart;
      whole += q * k;
      error += Math.abs(q) * ek + eq * (Math.abs(apart) + ek);
      total += product;
      if (product > TINY) large++;
      else tiny += product;
    }
    error += UNIT * (large + this.#rule.roundings) * total + Math.min(1.001 * tiny, UNIT * this.#dims.length * total);
    // the key's own scale
    error += this.#key.scale * Math.abs(whole + this.#common);
    return { sum, scaled, error: error * (1 + 4 * (this.#key.scale + this.#query.scale)) };
  }

  #turned(distance: number): Approximate {
    const { byDistance } = this.#rule;
    if (byDistance === null) return { center: 0, radius: 0 };
    return { center: byDistance.center[Math.abs(distance)] as number, radius: byDistance.radius };
  }
}
