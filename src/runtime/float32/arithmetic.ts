/**
 * The arithmetics of the runtime. `f32` is the stock model's: every activation is stored as a float32 (sums run in float64 and
 * are rounded when stored). `f64` keeps float64 throughout: what the weights mean, all but free of rounding. `f16` and `bf16` are stock
 * models loaded in half precision: weights are rounded to it, and so is every operation's result, which is computed as in `f32`.
 */
import { type Dtype, type FloatArray, roundTo } from '../../tensor/dtype.ts';

export type Arithmetic = Dtype | 'f64';

/** A zeroed array of activations. */
export function allocate(arithmetic: Arithmetic, length: number): FloatArray {
  return arithmetic === 'f64' ? new Float64Array(length) : new Float32Array(length);
}

/** Values in the arithmetic's precision; the array itself where it has that already. */
export function inArithmetic(arithmetic: Arithmetic, values: FloatArray): FloatArray {
  if (arithmetic === 'f64') return values instanceof Float64Array ? values : Float64Array.from(values);
  if (arithmetic === 'f32') return values instanceof Float32Array ? values : Float32Array.from(values);
  return Float32Array.from(values, (value) => roundTo(arithmetic, value));
}

/** A constant in the arithmetic's precision. */
export function rounded(arithmetic: Arithmetic, value: number): number {
  return roundTo(arithmetic, value);
}

/**
 * Rounds numbers `from` to `end - 1` in place where the arithmetic is of half precision; any other has rounded what it stored.
 *
 * @returns false where half precision has no finite number for one of them
 */
export function settle(arithmetic: Arithmetic, values: FloatArray, from: number, end: number): boolean {
  if (arithmetic === 'f32' || arithmetic === 'f64') return true;
  let areNumbers = true;
  for (let i = from; i < end; i++) {
    const value = roundTo(arithmetic, values[i] as number);
    values[i] = value;
    if (!Number.isFinite(value)) areNumbers = false;
  }
  return areNumbers;
}

/** How one number is rounded on its way; null where storing it does that. */
export function settler(arithmetic: Arithmetic): ((value: number) => number) | null {
  return arithmetic === 'f32' || arithmetic === 'f64' ? null : (value) => roundTo(arithmetic, value);
}
