/** Intervals of numbers of half precision. Rounding is monotone, so an interval's ends are rounded, and what lies near a number becomes it. */
import { type Dtype, largestOf, precisionOf, roundTo } from '../../tensor/dtype.ts';
import type { Range } from '../bounds/rounding.ts';
import { Unproven } from '../claim/unproven.ts';

export type HalfDtype = Exclude<Dtype, 'f32'>;

/** Sums run in float32: relative to its absolute terms, each addition is off by half of this. */
export const SINGLE = 2 ** -23;

export const ZERO: Range = { low: 0, high: 0 };

/** A range of so many numbers is looked at number by number. */
const FEW = 6;

/** What has not been seen yet. */
export const NOTHING: Range = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };

export class HalfArithmetic {
  readonly dtype: HalfDtype;
  /** The largest relative error of a rounding. */
  readonly unit: number;
  readonly largest: number;

  constructor(dtype: HalfDtype) {
    this.dtype = dtype;
    this.unit = 2 ** -precisionOf(dtype);
    this.largest = largestOf(dtype);
  }

  number(value: number): number {
    return roundTo(this.dtype, value);
  }

  /** @param what what overflows, where it does */
  round({ low, high }: Range, what: string): Range {
    if (low > high) return NOTHING;
    const rounded = low === high ? this.#point(low) : { low: this.number(low), high: this.number(high) };
    if (Number.isFinite(rounded.low) && Number.isFinite(rounded.high)) return rounded;
    const most = Math.max(Math.abs(low), Math.abs(high));
    const size = Number.isFinite(most) ? most.toExponential(0) : 'of any size';
    throw new Unproven(`${what} may be ${size}, beyond the range of ${this.dtype}`);
  }

  /** The numbers of a range, which ends with two of them; null where there are more than a few. */
  numbersOf({ low, high }: Range): number[] | null {
    const numbers = [low];
    for (let x = low; x < high; ) {
      if (numbers.length === FEW) return null;
      // from a number away from zero half of its unit is enough to reach the next
      const step = Math.max(Math.abs(x) * this.unit, 2 ** -24);
      const next = this.number(x + 1.5 * step) > x ? this.number(x + 1.5 * step) : this.number(x + 2.5 * step);
      if (!(next > x)) return null;
      numbers.push(Math.min(next, high));
      x = next;
    }
    return numbers;
  }

  #point(value: number): Range {
    const rounded = this.number(value);
    return { low: rounded, high: rounded };
  }
}

export function plus(a: Range, b: Range): Range {
  return { low: a.low + b.low, high: a.high + b.high };
}

export function times({ low, high }: Range, factor: number): Range {
  return factor < 0 ? { low: high * factor, high: low * factor } : { low: low * factor, high: high * factor };
}

export function product(a: Range, b: Range): Range {
  const ends = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

export function hull(a: Range, b: Range): Range {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

export function widened({ low, high }: Range, by: number): Range {
  return { low: low - by, high: high + by };
}

export function sizeOf({ low, high }: Range): number {
  return Math.max(Math.abs(low), Math.abs(high));
}
