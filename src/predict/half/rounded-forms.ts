/** Sums of intervals: what a form reads of its registers, and what steps write to one dimension. */

import type { Register } from '../../circuit/circuit.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { add, type Interval, point, widen } from './interval.ts';
import { SINGLE } from './rounded-codes.ts';

/**
 * A float32 sum of what steps write to one dimension: in whatever order, each addition rounds a part of what there is; or nothing, where all
 * products are multiples of a unit of which no partial sum has more than float32 can count.
 */
export class StepSum {
  #sum: Interval = point(0);
  #absolute = 0;
  #terms = 0;
  #unit = Number.POSITIVE_INFINITY;

  /**
   * @param absolute the sum of absolute values of the products behind the term
   * @param unit what all of them are multiples of; 0 where that is not known
   */
  add(term: Interval, absolute: number, unit: number): void {
    this.#sum = add(this.#sum, term);
    this.#absolute += absolute;
    if (absolute === 0) return;
    this.#terms += 2;
    this.#unit = Math.min(this.#unit, unit);
  }

  result(): Interval {
    const isExact = this.#absolute * SINGLE <= this.#unit;
    return isExact ? this.#sum : widen(this.#sum, SINGLE * this.#terms * this.#absolute);
  }
}

/** What one register adds to a form, by value, BOS first. */
export interface FormPart {
  readonly register: Register;
  readonly values: readonly Interval[];
  readonly ideal: readonly number[];
  /** What the steps have been told to expect. */
  readonly spread: readonly number[];
}

/** The register that is 1 at BOS joins another one, whose first row is BOS as well. */
export function withBos(parts: readonly FormPart[], bos: Register): readonly FormPart[] {
  const own = parts.find((p) => p.register === bos);
  const [other, ...rest] = parts.filter((p) => p !== own);
  if (own === undefined || other === undefined) return parts;
  const at = (v: number) => Math.min(v, 1);
  const joined: FormPart = {
    register: other.register,
    values: other.values.map((x, v) => add(x, own.values[at(v)] as Interval)),
    ideal: other.ideal.map((x, v) => x + numberAt(own.ideal, at(v))),
    spread: other.spread,
  };
  return [joined, ...rest];
}

export interface ReadForm {
  readonly parts: readonly FormPart[];
  readonly constant: Interval;
}
