/** The activations of the MLP, computed as stock models compute them, with their exact saturation. */
import type { Traits } from '../targets/target.ts';
import type { FloatArray } from '../tensor/dtype.ts';

/** √(2/π) and the cubic coefficient of the tanh approximation: Hendrycks and Gimpel, Gaussian Error Linear Units, section 2. */
const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

// 1 − tanh(u) ≈ 2e^(−2u): from here on tanh rounds to 1 in float32 (half an ulp below 1 is 2^-25) and in float64 (2^-54)
const TANH_IS_ONE = { single: 9.0109134, double: 19.0615475 };
// 1 − erf(u) < 2^-25 from 3.8325 on, and < 2^-54 from 5.8636 on
const ERF_IS_ONE = { single: 3.8325069, double: 5.8635848 };

/** The error function, by its series with positive terms only (Abramowitz and Stegun 7.1.6), to about 1e-16. */
export function erf(x: number): number {
  if (Math.abs(x) > ERF_IS_ONE.double) return Math.sign(x);
  const twice = 2 * x * x;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= twice / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function geluTanh(values: FloatArray, count: number): void {
  const single = values instanceof Float32Array;
  const one = single ? TANH_IS_ONE.single : TANH_IS_ONE.double;
  for (let i = 0; i < count; i++) {
    const x = values[i] as number;
    const u = SQRT_2_OVER_PI * (x + CUBIC * x * x * x);
    if (u > one) continue;
    // of minus infinity stock models make zero times infinity
    if (u < -one) values[i] = x === Number.NEGATIVE_INFINITY ? Number.NaN : 0;
    else {
      const t = Math.tanh(u);
      // the stock model rounds before it adds 1, which is where small values of the left tail lose their digits
      values[i] = 0.5 * x * (1 + (single ? Math.fround(t) : t));
    }
  }
}

function gelu(values: FloatArray, count: number): void {
  const single = values instanceof Float32Array;
  const one = single ? ERF_IS_ONE.single : ERF_IS_ONE.double;
  for (let i = 0; i < count; i++) {
    const x = values[i] as number;
    const u = x * Math.SQRT1_2;
    if (u > one) continue;
    // of minus infinity stock models make zero times infinity
    if (u < -one) values[i] = x === Number.NEGATIVE_INFINITY ? Number.NaN : 0;
    else {
      const e = erf(u);
      values[i] = 0.5 * x * (1 + (single ? Math.fround(e) : e));
    }
  }
}

function silu(values: FloatArray, count: number): void {
  for (let i = 0; i < count; i++) {
    const x = values[i] as number;
    values[i] = x / (1 + Math.exp(-x));
  }
}

function relu(values: FloatArray, count: number): void {
  for (let i = 0; i < count; i++) values[i] = Math.max(0, values[i] as number);
}

const ACTIVATIONS: Readonly<Record<Traits['activation'], (values: FloatArray, count: number) => void>> = {
  'gelu-tanh': geluTanh,
  gelu,
  silu,
  relu,
};

/** Applies the activation to the first `count` values in place. */
export function activate(kind: Traits['activation'], values: FloatArray, count: number): void {
  ACTIVATIONS[kind](values, count);
}
