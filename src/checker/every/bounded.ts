/**
 * Vectors of which the model's float32 numbers are known up to a length: what a matrix, a norm or an activation makes of that. Sums may be taken
 * in any order, and products fused with them.
 */
import type { Traits } from '../../targets/target.ts';
import { floatAt, numberAt } from '../../tensor/number-at.ts';
import { assertInRange } from '../bounds/assert-in-range.ts';
import type { Affine } from '../bounds/model-parts.ts';
import type { NormWeights } from '../bounds/norm.ts';
import { SAFETY, UNDERFLOW, UNIT } from '../bounds/rounding.ts';
import { activation, MOST_CURVED, STEEPEST, steepness } from './activation.ts';
import { lengthOf, type Matrix } from './matrix.ts';

/** In real numbers `values`, and in the model at most `off` away from them. */
export interface Bounded {
  readonly values: Float64Array;
  readonly off: number;
  /** What it was made by, backwards; without it is known by `off` alone. */
  readonly pull?: Pull;
}

/**
 * From the slope of some number by what was made, the slopes by what that was made of, exactly, and how much of the number its making may
 * cost: roundings by the slope's own entries, and what a slope at one point does not say of others, by lengths.
 */
export type Pull = (slope: Float64Array, send: (to: Bounded, slope: Float64Array) => void) => number;

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
  const share = sumRounding(matrix.terms + 2, summing);
  const lost = matrix.terms * UNDERFLOW * Math.sqrt(values.length);
  return {
    values,
    off: SAFETY * (matrix.stretch * x.off + share * absolute + lost),
    pull: (slope, send) => {
      send(x, matrix.back(slope));
      return share * amount(slope, terms) + lengthOf(slope) * (share * matrix.length * x.off + lost);
    },
  };
}

export function sum(a: Bounded, b: Bounded): Bounded {
  const values = a.values.map((x, i) => x + numberAt(b.values, i));
  const off = a.off + b.off;
  return {
    values,
    off: SAFETY * (off + UNIT * (lengthOf(values) + off)),
    pull: (slope, send) => {
      send(a, slope);
      send(b, slope);
      return UNIT * (amount(slope, values) + lengthOf(slope) * off);
    },
  };
}

/** A norm's second derivative along a line h is at most √10·|h|² over √n and the square of what it divides by; half of that. */
const NORM_CURVE = 1.59;

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
  const [together, alone] = [sumRounding(count + 4, summing) / 2, FUNCTION_ERROR + 2 * UNIT];
  const scaled = off / least + most * (together + alone);
  let widest = 0;
  const values = from.map((each, i) => {
    const factor = numberAt(gain, i);
    widest = Math.max(widest, Math.abs(factor));
    return (each / root) * factor + (bias?.[i] ?? 0);
  });
  const rounded = UNIT * (widest * (most + scaled) + lengthOf(values) + widest * scaled) + 2 * UNDERFLOW * Math.sqrt(count) * (1 + widest);
  const pull: Pull = (slope, send) => {
    const before = slope.map((each, i) => each * numberAt(gain, i));
    const along = before.reduce((total, each, i) => total + each * numberAt(from, i), 0);
    const back = before.map((each, i) => each / root - (numberAt(from, i) * along) / (count * root ** 3));
    const shared = back.reduce((total, each) => total + each, 0);
    send(x, centred ? back.map((each) => each - shared / count) : back);
    // the mean, and what it is taken from
    const moved = centred ? (Math.abs(shared) * ofMean) / Math.sqrt(count) + UNIT * (amount(back, from) + lengthOf(back) * off) : 0;
    // the root is off by one share for all, the others each by its own
    const own = (together * Math.abs(along) + alone * amount(before, from)) / root;
    const bent = (NORM_CURVE * off ** 2) / (Math.sqrt(count) * least ** 2) + (together + alone) * (off / least);
    const gained = UNIT * (amount(before, from) / root + amount(slope, values));
    return (
      moved +
      own +
      gained +
      lengthOf(before) * bent +
      lengthOf(slope) * (2 * UNIT * widest * scaled + 2 * UNDERFLOW * Math.sqrt(count) * (1 + widest))
    );
  };
  return { values, off: SAFETY * (widest * scaled + rounded), pull };
}

export function activated(kind: Traits['activation'], x: Bounded): Bounded {
  const values = x.values.map(activation(kind));
  const lost = UNDERFLOW * Math.sqrt(values.length);
  const rounded = ACTIVATION_ERROR * (lengthOf(x.values) + x.off) + lost;
  return {
    values,
    off: SAFETY * (STEEPEST[kind] * x.off + rounded),
    pull: (slope, send) => {
      const back = x.values.map(steepness(kind));
      for (const [i, each] of slope.entries()) back[i] = numberAt(back, i) * each;
      send(x, back);
      const bent = (largestOf(slope) * MOST_CURVED[kind] * x.off ** 2) / 2;
      return (
        ACTIVATION_ERROR * (amount(slope, x.values) + lengthOf(slope) * x.off) + lengthOf(slope) * lost + bent + kinked(kind, x, slope)
      );
    },
  };
}

/** What slopes do not say where they jump. */
function kinked(kind: Traits['activation'], { values, off }: Bounded, slope: Float64Array): number {
  if (kind !== 'relu') return 0;
  return off * lengthOf(slope.filter((_, i) => Math.abs(numberAt(values, i)) <= off));
}

/** Entry by entry. */
export function product(a: Bounded, b: Bounded): Bounded {
  const values = a.values.map((x, i) => x * numberAt(b.values, i));
  const [first, second] = [largestOf(a.values), largestOf(b.values) + b.off];
  const off = a.off * second + first * b.off;
  const lost = UNDERFLOW * Math.sqrt(values.length);
  return {
    values,
    off: SAFETY * (off + UNIT * (lengthOf(values) + off) + lost),
    pull: (slope, send) => {
      send(
        a,
        slope.map((each, i) => each * numberAt(b.values, i)),
      );
      send(
        b,
        slope.map((each, i) => each * numberAt(a.values, i)),
      );
      return largestOf(slope) * a.off * b.off + UNIT * amount(slope, values) + lengthOf(slope) * (UNIT * off + lost);
    },
  };
}

/** What a number whose slopes these are changes by at most, where each entry may change by as much as is given. */
export function amount(slope: Float64Array, each: Float64Array): number {
  let total = 0;
  for (let i = 0; i < slope.length; i++) total += Math.abs(floatAt(slope, i) * floatAt(each, i));
  return total;
}

function largestOf(values: Float64Array): number {
  return values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}
