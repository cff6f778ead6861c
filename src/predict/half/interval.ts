/** Intervals, and what rounding makes of them: rounding is monotone, so an interval within half a unit of a number becomes that number. */
import { type Dtype, roundTo } from '../../tensor/dtype.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export function point(x: number): Interval {
  return { low: x, high: x };
}

export function add(a: Interval, b: Interval): Interval {
  return { low: a.low + b.low, high: a.high + b.high };
}

export function scale(a: Interval, factor: number): Interval {
  return factor < 0 ? { low: a.high * factor, high: a.low * factor } : { low: a.low * factor, high: a.high * factor };
}

export function widen(a: Interval, by: number): Interval {
  return { low: a.low - by, high: a.high + by };
}

export function hull(a: Interval, b: Interval): Interval {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

/** The largest absolute value. */
export function magnitude({ low, high }: Interval): number {
  return Math.max(Math.abs(low), Math.abs(high));
}

/** The largest distance from a number. */
export function distance({ low, high }: Interval, x: number): number {
  return Math.max(Math.abs(low - x), Math.abs(high - x));
}

export function round(dtype: Dtype, { low, high }: Interval): Interval {
  return { low: roundTo(dtype, low), high: roundTo(dtype, high) };
}
