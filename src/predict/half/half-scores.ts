/** How far the scores of a head can be off in half precision, and what that lets others take of what it attends to. */
import type { Head, Ladder, ScorePair } from '../../circuit/circuit.ts';
import { distanceGain } from '../../placement/distance-gain.ts';
import { headLayout } from '../../placement/head-layout.ts';
import type { Placement } from '../../placement/placement.ts';
import { scoreRoot } from '../../targets/model-config.ts';
import type { Traits } from '../../targets/target.ts';
import { type Dtype, largestOf } from '../../tensor/dtype.ts';
import { compareSides } from '../scores/compare-sides.ts';
import type { ScoreError } from '../scores/inherited-error.ts';
import { groupByOperands } from '../scores/score-error.ts';
import { type HalfReader, largestNumber } from './half-reader.ts';
import { point, round, widen } from './interval.ts';
import { SINGLE, UNIT } from './rounded-codes.ts';
import type { ReadForm } from './rounded-forms.ts';

export class HalfScores {
  readonly #placement: Placement;
  readonly #traits: Traits;
  readonly #context: number;
  readonly #dtype: Dtype;
  readonly #unit: number;
  readonly #reader: HalfReader;

  constructor(placement: Placement, traits: Traits, context: number, reader: HalfReader) {
    this.#placement = placement;
    this.#traits = traits;
    this.#context = context;
    this.#dtype = placement.storage.computed;
    this.#unit = UNIT[this.#dtype];
    this.#reader = reader;
  }

  /**
   * Nats by which a score can be off: of the selected keys among each other, and of any key. Rounding goes by the largest score that there is,
   * which an extreme's slope takes far beyond the least selected one; before it is divided by √dim, which is a power of two, it has to be in
   * the dtype's range.
   */
  scoreError({ scores, relative, semantics, bos }: Head): ScoreError {
    const groups = groupByOperands(scores, this.#placement.circuit.bos).map((group) => this.#groupError(group));
    const sum = (part: keyof ScoreError) => groups.reduce((total, g) => total + g[part], 0);
    if (semantics.ladder !== null) return { selected: sum('any'), any: sum('any') };
    const total = Math.abs(semantics.selected);
    const reach = Math.max(total, Math.abs(semantics.highest));
    const float = SINGLE * (scores.length + 4) * reach;
    const error = sum('selected') + float;
    const any = sum('any') + float;
    const largest = (Math.max(reach, Math.abs(bos.score) + bos.toItself) + any) * scoreRoot(this.#traits, this.#placement.sizes);
    if (!(largest < largestOf(this.#dtype))) return { selected: Number.POSITIVE_INFINITY, any: Number.POSITIVE_INFINITY };
    // Where all selected keys have one score, a number of the dtype, it absorbs what is less than half a unit; any other is rounded.
    const { low, high } = round(this.#dtype, widen(point(total), error));
    const isPoint = reach === total && low === total && high === total;
    const own = this.#unit * (reach + any);
    return { selected: isPoint ? 0 : error + 2 * own, any: any + own + this.#turningError(relative) };
  }

  /**
   * What the highest of the selected keys, or BOS where there is none, leaves to others: to the rungs below it, to BOS, and to keys that are not
   * selected. A rung is a number of the dtype, so what it is off by before rounding is at most doubled.
   *
   * @param off nats by which any score can be off before it is rounded
   */
  leakOfLadder({ scores, semantics, bos }: Head, { rung, penalty }: Ladder, off: number): number {
    const largest = Math.max(Math.abs(semantics.selected), Math.abs(semantics.highest));
    const size = 2 * penalty.most + largest;
    const error = off + SINGLE * (scores.length + 4) * size;
    const lowest = Math.max(largest, penalty.most - semantics.selected);
    if (!((lowest + error) * scoreRoot(this.#traits, this.#placement.sizes) < largestOf(this.#dtype))) return Number.POSITIVE_INFINITY;
    const next = Math.exp(-(rung - 4 * error));
    const overBos = semantics.selected - bos.score - 4 * error;
    const overMismatch = penalty.least - (semantics.highest - bos.score) - 2 * error - this.#unit * (lowest + error);
    // At BOS, where it sees others, they score 0.
    const atBos = bos.toItself === 0 ? 0 : this.#context * Math.exp(-(bos.score + bos.toItself - 4 * error));
    const leak = next / (1 - next) + Math.exp(-overBos) + this.#context * Math.exp(-overMismatch) + atBos;
    return rung > 4 * error ? leak : Number.POSITIVE_INFINITY;
  }

  /** Dimensions that compare one register with another by all pairs of their values; any others by their largest numbers. */
  #groupError(group: readonly ScorePair[]): ScoreError {
    const hasBias = this.#traits.biases.attentionInput;
    const root = scoreRoot(this.#traits, this.#placement.sizes);
    const queries = group.map(({ query }) => ({ form: query, read: this.#reader.read(query, { scale: root, extra: 0, hasBias }) }));
    const keys = group.map(({ key }) => ({ form: key, read: this.#reader.read(key, { scale: 1, extra: 0, hasBias }) }));
    const [querySides, keySides] = [this.#reader.sides(queries, root), this.#reader.sides(keys, 1)];
    if (querySides !== null && keySides !== null) return compareSides(querySides, keySides);
    let error = 0;
    for (const [d, { query, key }] of group.entries()) {
      const q = this.#reader.roundedError(queries[d]?.read as ReadForm, query, root) / root;
      const k = this.#reader.roundedError(keys[d]?.read as ReadForm, key, 1);
      error += q * largestNumber(key) + k * largestNumber(query) + q * k;
    }
    return { selected: error, any: error };
  }

  /** Angles are rounded, and so is what turns by them. */
  #turningError(relative: Head['relative']): number {
    if (relative === null) return 0;
    const layout = headLayout(this.#placement.sizes.dim, this.#placement.rotary);
    return 8 * this.#unit * distanceGain(layout, relative, this.#context).gain;
  }
}
