/**
 * Vectors of which the model's float32 numbers are known up to a length: what a matrix, a norm or an activation makes of that. Sums may be taken
 * in any order, and products fused with them.
 */
import type { Traits } from '../../targets/target.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { assertInRange } from '../bounds/assert-in-range.ts';
import type { Affine } from '../bounds/model-parts.ts';
import type { NormWeights } from '../bounds/norm.ts';
import { SAFETY, UNDERFLOW, UNIT } from '../bounds/rounding.ts';
import { activation, STEEPEST } from './activation.ts';
import { lengthOf, type Matrix } from './matrix.ts';

/** In real numbers `values`, and in the model at most `off` away from them. */
export interface Bounded {
  readonly values: Float64Array;
  readonly off: number;
}

/** What one call of exp, tanh, erf, sin, cos, or one root or quotient may be off by, as a part of its result: 4 units in the last place. */
export const FUNCTION_ERROR = 8 * UNIT;
/** What an activation is off by, as a part of its argument: a few such operations. */
const ACTIVATION_ERROR = 32 * UNIT;

/**
 * How many roundings a term of a sum goes through at most: as many as there are others where sums are taken in any order, and in eight lanes an
 * eighth of that, and the lanes' own sum. Of a sum of n terms the error is at most that share of the terms' absolute sum (Higham, section 4.2).
 */
export type Summing = 'any-order' | 'lanes';
export const LANES = 8;

export function sumRounding(terms: number, summing: Summing): number {
  const roundings = summing === 'lanes' ? Math.min(terms, Math.ceil(terms / LANES) + LANES) : terms;
  return (SAFETY * roundings * UNIT) / (1 - roundings * UNIT);
}

/** `matrix · x + bias`, or with lines that write, `xᵀ · matrix + bias`. */
export function through(matrix: Matrix, bias: Affine['bias'], x: Bounded, summing: Summing): Bounded {
  const { values, terms } = matrix.times(x.values);
  if (bias !== null)
    for (const [i, b] of bias.entries()) {
      values[i] = numberAt(values, i) + b;
      terms[i] = numberAt(terms, i) + Math.abs(b);
    }
  const absolute = lengthOf(terms) + matrix.length * x.off;
  assertInRange(absolute, matrix.tensor, 'sums');
  const lost = matrix.terms * UNDERFLOW * Math.sqrt(values.length);
  return { values, off: SAFETY * (matrix.stretch * x.off + sumRounding(matrix.terms + 2, summing) * absolute + lost) };
}

export function sum(a: Bounded, b: Bounded): Bounded {
  const values = a.values.map((x, i) => x + numberAt(b.values, i));
  const off = a.off + b.off;
  return { values, off: SAFETY * (off + UNIT * (lengthOf(values) + off)) };
}

/** A norm's longest line of derivatives is one over what it divides by. */
export function normed({ kind, gain, bias, epsilon, tensor }: NormWeights, x: Bounded, summing: Summing): Bounded {
  const count = x.values.length;
  const centred = kind === 'layer-norm';
  let mean = 0;
  let absolute = 0;
  for (const each of x.values) {
    mean += each / count;
    absolute += Math.abs(each);
  }
  if (!centred) mean = 0;
  const from = x.values.map((each) => each - mean);
  const length = lengthOf(from);
  // the same in all dimensions
  const ofMean = centred ? sumRounding(count + 2, summing) * ((absolute + Math.sqrt(count) * x.off) / Math.sqrt(count)) : 0;
  const off = (x.off + ofMean) * (1 + UNIT) + UNIT * (length + x.off + ofMean);
  assertInRange((length + off) ** 2, tensor, 'squares');
  const root = Math.sqrt(length ** 2 / count + epsilon);
  const shortest = Math.max(0, length - off);
  const least = Math.sqrt(shortest ** 2 / count + epsilon);
  const most = (length + off) / least;
  const scaled = off / least + most * (sumRounding(count + 4, summing) / 2 + FUNCTION_ERROR + 2 * UNIT);
  let widest = 0;
  const values = from.map((each, i) => {
    const factor = numberAt(gain, i);
    widest = Math.max(widest, Math.abs(factor));
    return (each / root) * factor + (bias?.[i] ?? 0);
  });
  const rounded = UNIT * (widest * (most + scaled) + lengthOf(values) + widest * scaled) + 2 * UNDERFLOW * Math.sqrt(count) * (1 + widest);
  return { values, off: SAFETY * (widest * scaled + rounded) };
}

export function activated(kind: Traits['activation'], x: Bounded): Bounded {
  const values = x.values.map(activation(kind));
  const rounded = ACTIVATION_ERROR * (lengthOf(x.values) + x.off) + UNDERFLOW * Math.sqrt(values.length);
  return { values, off: SAFETY * (STEEPEST[kind] * x.off + rounded) };
}

/** Entry by entry. */
export function product(a: Bounded, b: Bounded): Bounded {
  const values = a.values.map((x, i) => x * numberAt(b.values, i));
  const [first, second] = [largestOf(a.values), largestOf(b.values) + b.off];
  const off = a.off * second + first * b.off;
  return { values, off: SAFETY * (off + UNIT * (lengthOf(values) + off) + UNDERFLOW * Math.sqrt(values.length)) };
}

function largestOf(values: Float64Array): number {
  return values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}
