/**
 * What a norm makes of the stream: one factor for each dimension, and at each position one scale that they share. The scale is known up
 * to the range of the squared length that the stream can have there, and the rounding of a sum of squares.
 */

import type { Traits } from '../../targets/target.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { Unproven } from '../claim/unproven.ts';
import { assertInRange } from './assert-in-range.ts';
import { isOnGrid, LARGEST_EXACT, type Range, SAFETY, squareRange, sumError, UNDERFLOW, UNIT } from './rounding.ts';
import { largestOf, noiseOf, type Producer, type Stream, touchesOf } from './stream.ts';
import { readingError, type Turned } from './turned.ts';

/** `y = t · factor · (x − mean) + bias`, `t` within `1 ± scale` at every position but BOS's. */
export interface NormView {
  readonly factor: Float64Array;
  readonly bias: Float64Array | null;
  readonly scale: number;
  /** At BOS `t` is within `bos · (1 ± bosScale)`. */
  readonly bos: number;
  readonly bosScale: number;
  /** The largest absolute mean that the model can compute; 0 for a norm without one. */
  readonly mean: number;
  /** Roundings of each number that is read: none where the stream itself holds what the norm left. */
  readonly roundings: number;
  /** What each number that is read may lose by underflow. */
  readonly underflow: Float64Array;
  /** The largest absolute number that is read of each dimension, at any position. */
  readonly largest: Float64Array;
  /** The stream's numbers are this many times those that are kept of it. */
  readonly unit: number;
  /** How far off a row of length 1 reads besides, where the model's stream or heads are turned. */
  readonly turning: number;
}

export interface NormWeights {
  readonly kind: Traits['norm'];
  readonly gain: Float64Array;
  readonly bias: Float64Array | null;
  readonly epsilon: number;
  /** The stored tensor with the gain. */
  readonly tensor: string;
}

/** Roundings of what a norm leaves: centring, scaling, gain, bias, and what its scale is rounded by. */
export const NORM_ROUNDINGS = 5;

/** The stream as it is, where nothing norms it before it is read. */
export function viewAsIs(stream: Stream): NormView {
  const { width } = stream;
  return {
    factor: new Float64Array(width).fill(1),
    ...{ bias: null, scale: 0, bos: 1, bosScale: 0, mean: 0, roundings: 0, unit: 1, turning: 0 },
    underflow: new Float64Array(width),
    largest: largestOf(stream),
  };
}

/** The norm in front of what reads the stream. */
export function viewThrough(weights: NormWeights, stream: Stream, turned: Turned | null = null): NormView {
  const { gain, bias } = weights;
  const { sigma, offset: _, length, ...scales } = measure(weights, stream, undefined, turned);
  if (turned?.stream && bias?.some((b) => b !== 0)) throw new Unproven('norms with biases are not followed where the stream is turned');
  return {
    factor: gain.map((g) => g / sigma),
    bias: bias?.some((b) => b !== 0) ? bias : null,
    roundings: NORM_ROUNDINGS,
    underflow: underflowOf(weights),
    largest: largestRead(weights, stream, { sigma, ...scales }),
    unit: 1,
    turning: turningOf(turned, stream, { length, ...scales }),
    ...scales,
  };
}

/** Of a number that is scaled, and then multiplied by the gain. */
export function underflowOf({ gain }: Pick<NormWeights, 'gain'>): Float64Array {
  return gain.map((g) => UNDERFLOW * (1 + Math.abs(g)));
}

/**
 * The largest number that a norm leaves of each dimension: none exceeds the root of the width before the gain. All of them have to be in
 * range, those that nothing reads too: what multiplies them by zero makes no number of infinity.
 */
export function largestRead(
  { gain, bias, tensor }: NormWeights,
  stream: Stream,
  measured: Omit<NormMeasure, 'offset' | 'length'>,
): Float64Array {
  const { sigma, scale, bos, bosScale, mean } = measured;
  const most = SAFETY * (1 + 2 ** -10) * Math.max(1 + scale, bos * (1 + bosScale));
  const root = SAFETY * Math.sqrt(stream.width);
  return largestOf(stream).map((x, dim) => {
    const scaled = (most * (x + mean)) / sigma;
    const left = Math.abs(numberAt(gain, dim)) * (Number.isFinite(scaled) ? Math.min(scaled, root) : root) + Math.abs(bias?.[dim] ?? 0);
    assertInRange(left, tensor, `products in dimension ${dim}`);
    return left;
  });
}

/** What a norm divides by (`sigma`, and at BOS `sigma / bos`), within relative bounds, and the mean that it takes off. */
export type NormMeasure = Pick<NormView, 'scale' | 'bos' | 'bosScale' | 'mean'> & {
  readonly sigma: number;
  /** The part of `mean` that is no mean of what the stream holds in common already. */
  readonly offset: number;
  /** The largest length that the stream can have, at any position. */
  readonly length: number;
};

/** By how much a row of length 1 may be off that reads the stream turned. */
export function turningOf(
  turned: Turned | null,
  { width }: Pick<Stream, 'width'>,
  { length, scale, bos, bosScale }: Pick<NormMeasure, 'length' | 'scale' | 'bos' | 'bosScale'>,
): number {
  return turned === null ? 0 : readingError(width) * length * Math.max(1 + scale, bos * (1 + bosScale));
}

/** The largest length that a stream can have, at any position. */
export function streamLength(stream: Stream): number {
  const { other, bos } = energies(stream, largestOf(stream));
  return SAFETY * Math.sqrt(Math.max(other.high, bos.high));
}

/** The stream's numbers are `size` times those that are kept of it, give or take the relative `error`. */
export interface Unit {
  readonly size: number;
  readonly error: number;
}

export function measure(
  { kind, epsilon: stored, tensor }: NormWeights,
  stream: Stream,
  { size: unit, error: unitError }: Unit = { size: 1, error: 0 },
  turned: Turned | null = null,
): NormMeasure {
  const { width } = stream;
  const largest = largestOf(stream);
  const energy = energies(stream, largest);
  const length = SAFETY * Math.sqrt(Math.max(energy.other.high, energy.bos.high));
  const isTurned = turned?.stream === true;
  // of a turned vector only the length is known: no entry is large and no sum exact
  const anyOrder = isTurned ? width ** 1.5 * UNIT * length : null;
  const offset = kind === 'rms-norm' ? 0 : largestOffset(stream, largest, anyOrder);
  const mean = kind === 'rms-norm' ? 0 : offset + commonMean(stream);
  const epsilon = stored / unit ** 2;
  // what a square loses by underflow, in units of the stream
  const underflow = UNDERFLOW / unit ** 2;
  assertInRange(unit ** 2 * largest.reduce((sum, x) => sum + (x + mean) ** 2, 0), tensor, 'squares');
  assertInRange(unit * largest.reduce((sum, x) => sum + x + mean, 0), tensor, 'sums');
  const scaleOf = ({ low, high }: Range) => {
    // Σ(x − m)² = Σx² − 2mΣx + wm², where m is what the model takes for the mean
    const slack = kind === 'rms-norm' ? 0 : 4 * width * mean * mean;
    const [least, most] = [Math.max(0, low - slack) / width + epsilon, (high + slack) / width + epsilon];
    return {
      least: Math.sqrt(least),
      most: Math.sqrt(most),
      error:
        (isTurned ? (width + 4) * UNIT : squaresError(stream, largest, mean, least * width)) / 2 +
        5 * UNIT +
        (epsilon * (UNIT + 2 * unitError) + underflow) / least,
    };
  };
  const other = scaleOf(energy.other);
  const bos = scaleOf(energy.bos);
  const sigma = (other.least + other.most) / 2;
  const bosSigma = (bos.least + bos.most) / 2;
  return {
    sigma,
    scale: SAFETY * (spread(other) + other.error),
    bos: sigma / bosSigma,
    bosScale: SAFETY * (spread(bos) + bos.error),
    mean,
    offset,
    length,
  };
}

/** How far 1/σ is from that of the middle, relatively. */
function spread({ least, most }: { least: number; most: number }): number {
  return least > 0 ? (most - least) / 2 / least : Number.POSITIVE_INFINITY;
}

/** Dimensions that hold a large constant and nothing else: they make up nearly all of the sum of squares. */
function isAnchor({ constant }: Stream, largest: Float64Array, dim: number): boolean {
  const own = Math.abs(numberAt(constant, dim));
  return own >= 1 && numberAt(largest, dim) < 2 * own;
}

/** The relative error of a sum of squares of differences, in any order; see `sumError`. */
function squaresError(stream: Stream, largest: Float64Array, mean: number, total: number): number {
  let anchors = 0;
  let tiny = 0;
  for (let dim = 0; dim < stream.width; dim++) {
    if (isAnchor(stream, largest, dim)) anchors++;
    else tiny += (numberAt(largest, dim) + mean) ** 2;
  }
  return (Math.max(0, anchors - 1) + 4) * UNIT + Math.min((1.001 * tiny) / total, stream.width * UNIT);
}

/** The mean of errors of earlier means. */
function commonMean({ width, shared }: Stream): number {
  return shared.reduce((sum, { coefficients, bound }) => sum + bound * Math.abs(coefficients.reduce((a, b) => a + b, 0)), 0) / width;
}

/** The mean of everything else, and the rounding of the whole sum. */
function largestOffset(stream: Stream, largest: Float64Array, anyOrder: number | null): number {
  const { width, constant, producers } = stream;
  const fixed = constant.reduce((sum, x) => sum + x, 0);
  let other: Range = { low: fixed, high: fixed };
  let bos: Range = { low: fixed, high: fixed };
  for (const producer of producers) {
    const range = sumRange(producer);
    other = { low: other.low + range.other.low, high: other.high + range.other.high };
    bos = { low: bos.low + range.bos.low, high: bos.high + range.bos.high };
  }
  const largestSum = Math.max(...[other, bos].map(({ low, high }) => Math.max(Math.abs(low), Math.abs(high))));
  // the sum's own rounding, and that of its division
  const rounding = (anyOrder ?? meanRounding(stream, largest)) + 2 * UNIT * largestSum;
  const own = stream.noise.reduce((sum, x) => sum + x, 0);
  return (SAFETY * (largestSum + own + rounding)) / width;
}

/** What is below this costs no more than itself when it is added to anchors. */
const TINY = 2 ** -12;

/** Whether the sum of all dimensions is exact in any order. */
function hasExactSum({ constant, noise, producers, shared }: Stream, largest: Float64Array): boolean {
  const isZero = (x: number) => x === 0;
  return (
    shared.length === 0 &&
    noise.every(isZero) &&
    constant.every(isOnGrid) &&
    producers.every(
      (p) => p.radius.every(isZero) && p.bosRadius.every(isZero) && p.center.every(isOnGrid) && p.bosCenter.every(isOnGrid),
    ) &&
    largest.reduce((sum, x) => sum + x, 0) < LARGEST_EXACT
  );
}

/** The rounding of the sum of all dimensions, in any order; see `sumError`. */
function meanRounding(stream: Stream, largest: Float64Array): number {
  if (hasExactSum(stream, largest)) return 0;
  const { constant, producers } = stream;
  const noise = noiseOf(stream);
  let [total, large, tiny, tinyCount] = [0, 0, 0, 0];
  const include = (x: number) => {
    total += x;
    if (x > TINY) large++;
    else if (x > 0) {
      tiny += x;
      tinyCount++;
    }
  };
  for (const [dim, x] of constant.entries()) include(Math.min(numberAt(largest, dim), Math.abs(x) + numberAt(noise, dim)));
  for (const { dims, count, center, radius, bosCenter, bosRadius } of producers) {
    let most = { total: 0, large: 0, tiny: 0 };
    const measure = (centers: Float64Array, radii: Float64Array, from: number) => {
      const own = { total: 0, large: 0, tiny: 0 };
      for (let at = from; at < from + dims.length; at++) {
        const x = Math.abs(numberAt(centers, at)) + numberAt(radii, at);
        own.total += x;
        if (x > TINY) own.large++;
        else own.tiny += x;
      }
      most = { total: Math.max(most.total, own.total), large: Math.max(most.large, own.large), tiny: Math.max(most.tiny, own.tiny) };
    };
    for (let value = 0; value < count; value++) measure(center, radius, value * dims.length);
    measure(bosCenter, bosRadius, 0);
    total += most.total;
    large += most.large;
    tiny += most.tiny;
    tinyCount += dims.length;
  }
  return sumError({ total, large, tiny, tinyCount }, total);
}

/** The sum of a producer's vector, at BOS and everywhere else: a vector that sums to 0 at both need not do so in between. */
function sumRange({ dims, count, center, radius, bosCenter, bosRadius }: Producer): { other: Range; bos: Range } {
  const sumOf = (centers: Float64Array, radii: Float64Array, from: number): Range => {
    let [sum, off] = [0, 0];
    for (let at = from; at < from + dims.length; at++) {
      sum += numberAt(centers, at);
      off += numberAt(radii, at);
    }
    return { low: sum - off, high: sum + off };
  };
  const sums = Array.from({ length: count }, (_, value) => sumOf(center, radius, value * dims.length));
  return {
    other: { low: Math.min(...sums.map(({ low }) => low)), high: Math.max(...sums.map(({ high }) => high)) },
    bos: sumOf(bosCenter, bosRadius, 0),
  };
}

/** The stream's squared length at BOS, and everywhere else. */
function energies(stream: Stream, largest: Float64Array): { readonly other: Range; readonly bos: Range } {
  const { constant, producers } = stream;
  const noise = noiseOf(stream);
  const touches = touchesOf(stream);
  let [low, high, bosLow, bosHigh] = [0, 0, 0, 0];
  const add = (other: Range, bos: Range) => {
    low += other.low;
    high += other.high;
    bosLow += bos.low;
    bosHigh += bos.high;
  };
  const isOwn = (dim: number) => touches[dim]?.length === 1;
  for (const [dim, own] of touches.entries()) {
    const x = numberAt(constant, dim);
    const off = numberAt(noise, dim);
    const blur = off * (2 * numberAt(largest, dim) + off);
    add({ low: -blur, high: blur }, { low: -blur, high: blur });
    if (own.length === 0) add({ low: x * x, high: x * x }, { low: x * x, high: x * x });
    if (own.length < 2) continue;
    const ranges = own.map(({ producer, at }) => dimensionRange(producers[producer] as Producer, at));
    const total = (side: 'other' | 'bos') =>
      ranges.reduce((sum, r) => ({ low: sum.low + r[side].low, high: sum.high + r[side].high }), { low: x, high: x });
    add(squareRange(total('other')), squareRange(total('bos')));
  }
  for (const producer of producers) {
    const { count, center, radius, bosCenter, bosRadius, dims, isLine } = producer;
    const energy = (centers: Float64Array, radii: Float64Array, from: number): Range => {
      let [least, most] = [0, 0];
      for (const [at, dim] of dims.entries()) {
        if (!isOwn(dim)) continue;
        const x = numberAt(centers, from + at) + numberAt(constant, dim);
        const off = numberAt(radii, from + at);
        const square = squareRange({ low: x - off, high: x + off });
        least += square.low;
        most += square.high;
      }
      return { low: least, high: most };
    };
    let range = energy(center, radius, 0);
    for (let value = 1; value < count; value++) {
      const own = energy(center, radius, value * dims.length);
      range = { low: Math.min(range.low, own.low), high: Math.max(range.high, own.high) };
    }
    // between the ends of a line the length can be less than at either
    add(isLine ? { low: 0, high: range.high } : range, energy(bosCenter, bosRadius, 0));
  }
  return { other: { low: low - 1e-12 * high, high: high * SAFETY }, bos: { low: bosLow - 1e-12 * bosHigh, high: bosHigh * SAFETY } };
}

function dimensionRange({ dims, count, center, radius, bosCenter, bosRadius }: Producer, at: number): { other: Range; bos: Range } {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = at; i < count * dims.length; i += dims.length) {
    low = Math.min(low, numberAt(center, i) - numberAt(radius, i));
    high = Math.max(high, numberAt(center, i) + numberAt(radius, i));
  }
  const [x, off] = [numberAt(bosCenter, at), numberAt(bosRadius, at)];
  return { other: { low, high }, bos: { low: x - off, high: x + off } };
}
