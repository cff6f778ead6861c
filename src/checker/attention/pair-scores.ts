/** Scores of one query with keys, errors included, relative to BOS or to another key. */
import { floatAt } from '../../tensor/number-at.ts';
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
  /** The key's score above that of BOS. */
  center = 0;
  radius = 0;
  /** Above what the middle of the reference would score: errors of the query count by how far the two are apart. */
  centerApart = 0;
  radiusApart = 0;
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
      const [own, ownError] = [floatAt(center, d), floatAt(radius, d)];
      this.#center[d] = floatAt(this.#query.base, d) + own;
      this.#radius[d] = floatAt(this.#query.baseRadius, d) + ownError;
      if (this.#center[d] !== 0 || this.#radius[d] !== 0) this.#dims.push(d);
      const bos = floatAt(this.#key.bos, d) - floatAt(this.#key.base, d);
      const bosError = floatAt(this.#key.bosRadius, d) + floatAt(this.#key.baseRadius, d);
      this.#bos += own * bos;
      this.#common += own * floatAt(this.#key.scaledBase, d);
      this.#bosError += Math.abs(own) * bosError + ownError * (Math.abs(bos) + bosError);
    }
  }

  /** Scores a key; `reference` is another one, if there is one. Results are in fields, since there are millions of pairs. */
  score(key: Vector, reference: Vector | null, distance: number, referenceDistance: number): void {
    const { factor, roundings } = this.#rule;
    const [dims, centers, radii] = [this.#dims, this.#center, this.#radius];
    const { base, scaledBase, scale } = this.#query;
    const count = dims.length;
    let [sum, scaled, error, apartSum, apartScaled, apartError, total, large, tiny] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (const d of dims) {
      const k = floatAt(key.center, d);
      const ek = floatAt(key.radius, d);
      const r = reference === null ? 0 : floatAt(reference.center, d);
      if (k === 0 && ek === 0 && r === 0) continue;
      const q = floatAt(centers, d);
      const eq = floatAt(radii, d);
      const own = q - floatAt(base, d) + floatAt(scaledBase, d);
      const product = Math.abs(q * k);
      const apart = k - r;
      const off = Math.abs(q) * ek;
      sum += q * k;
      scaled += own * k;
      error += off + eq * (Math.abs(k) + ek);
      apartSum += q * apart;
      apartScaled += own * apart;
      apartError += off + eq * (Math.abs(apart) + ek);
      total += product;
      if (product > TINY) large++;
      else tiny += product;
    }
    // rounding, and the key's own scale
    const more =
      UNIT * (large + roundings) * total + Math.min(1.001 * tiny, UNIT * count * total) + this.#key.scale * Math.abs(sum + this.#common);
    const both = 1 + 4 * (this.#key.scale + scale);
    const turned = this.#turned(distance);
    const toBos = (error + more) * both + this.#bosError + scale * Math.abs(scaled - this.#bos);
    this.center = factor * (sum - this.#bos) + turned;
    this.radius = SAFETY * factor * toBos + this.#turnedRadius;
    if (reference === null) return;
    this.centerApart = factor * apartSum + turned - this.#turned(referenceDistance);
    this.radiusApart = SAFETY * factor * ((apartError + more) * both + scale * Math.abs(apartScaled)) + this.#turnedRadius;
  }

  get #turnedRadius(): number {
    return this.#rule.byDistance?.radius ?? 0;
  }

  #turned(distance: number): number {
    return this.#rule.byDistance?.center[Math.abs(distance)] ?? 0;
  }
}
