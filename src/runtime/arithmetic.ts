/**
 * The two arithmetics of the runtime. `f32` is the stock model's: every activation is stored as a float32 (sums run in float64 and
 * are rounded when stored). `f64` keeps float64 throughout: what the weights mean, all but free of rounding.
 */
import type { FloatArray } from '../tensor/dtype.ts';

export type Arithmetic = 'f32' | 'f64';

/** A zeroed array of activations. */
export function allocate(arithmetic: Arithmetic, length: number): FloatArray {
  return arithmetic === 'f32' ? new Float32Array(length) : new Float64Array(length);
}

/** Values in the arithmetic's precision; the array itself where it has that already. */
export function inArithmetic(arithmetic: Arithmetic, values: FloatArray): FloatArray {
  if (arithmetic === 'f32') return values instanceof Float32Array ? values : Float32Array.from(values);
  return values instanceof Float64Array ? values : Float64Array.from(values);
}

/** A constant in the arithmetic's precision. */
export function rounded(arithmetic: Arithmetic, value: number): number {
  return arithmetic === 'f32' ? Math.fround(value) : value;
}
