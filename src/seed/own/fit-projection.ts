/**
 * A linear map under which tokens are told apart: whitened beside what is to stay out of it, then turned until the codes of those that it is fitted to
 * are equally long and have small products. Only sums, products and roots are taken, so it is the same everywhere.
 */
import { drawer } from './drawer.ts';

export interface FitRequest {
  /** What a head reads of each token, [tokens, width], a row after the other. */
  readonly rows: Float64Array;
  readonly width: number;
  /** Entries of a code. */
  readonly length: number;
  /** Directions that no code is to depend on. */
  readonly away: readonly Float64Array[];
  /** Rows that are noise to the codes: what stands on the stream beside tokens. */
  readonly noise: Float64Array;
}

/** Of the mean variance, what is added to each direction before all are made alike: more where few tokens tell of many directions. */
const [RIDGE, FEW] = [0.02, 0.3];
/** How much more than its own variance noise counts. */
const NOISE = 100;
const STEPS = 160;
const BATCH = 384;
const RATE = 0.001;
/** Products above this part of a code's square are pressed down. */
const BORNE = 0.4;

/** [length, width], a row after the other; the mean square of an entry of a fitted code is 1. */
export function fitProjection({ rows, width, length, away, noise }: FitRequest): Float64Array {
  const basis = orthonormal(away, width);
  const clean = without(rows, width, basis);
  const count = clean.length / width;
  const covariance = scatter(clean, width, 1 / count);
  const extra = without(noise, width, basis);
  if (extra.length > 0) {
    const other = scatter(extra, width, (NOISE * width) / extra.length);
    for (let i = 0; i < covariance.length; i++) covariance[i] = (covariance[i] as number) + (other[i] as number);
  }
  let trace = 0;
  for (let d = 0; d < width; d++) trace += covariance[d * width + d] as number;
  for (let d = 0; d < width; d++)
    covariance[d * width + d] = (covariance[d * width + d] as number) + ((RIDGE + (FEW * width) / count) * trace) / width;
  const lower = cholesky(covariance, width);
  const white = whitened(clean, width, lower);
  const turn = fitted(white, width, length);
  const projection = new Float64Array(length * width);
  for (let d = 0; d < length; d++) {
    const row = backSolved(lower, width, turn.subarray(d * width, (d + 1) * width));
    projection.set(without(row, width, basis), d * width);
  }
  const scale = Math.sqrt((count * length) / energyOf(projected(projection, rows, width, length)));
  return projection.map((value) => value * scale);
}

/** Codes of rows, [rows, length]. */
export function projected(projection: Float64Array, rows: Float64Array, width: number, length: number): Float64Array {
  const count = rows.length / width;
  const codes = new Float64Array(count * length);
  for (let r = 0; r < count; r++) {
    for (let d = 0; d < length; d++) {
      let sum = 0;
      for (let w = 0; w < width; w++) sum += (projection[d * width + w] as number) * (rows[r * width + w] as number);
      codes[r * length + d] = sum;
    }
  }
  return codes;
}

function energyOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function orthonormal(vectors: readonly Float64Array[], width: number): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = without(vector, width, basis);
    const norm = Math.sqrt(energyOf(rest));
    if (norm > 1e-6 * Math.sqrt(energyOf(vector))) basis.push(rest.map((value) => value / norm));
  }
  return basis;
}

function without(rows: Float64Array, width: number, basis: readonly Float64Array[]): Float64Array {
  const clean = rows.slice();
  for (let at = 0; at < clean.length; at += width) {
    for (const direction of basis) {
      let part = 0;
      for (let w = 0; w < width; w++) part += (clean[at + w] as number) * (direction[w] as number);
      for (let w = 0; w < width; w++) clean[at + w] = (clean[at + w] as number) - part * (direction[w] as number);
    }
  }
  return clean;
}

/** The sum over rows of their outer squares, times `factor`. */
function scatter(rows: Float64Array, width: number, factor: number): Float64Array {
  const sums = new Float64Array(width * width);
  for (let at = 0; at < rows.length; at += width) {
    for (let i = 0; i < width; i++) {
      const value = (rows[at + i] as number) * factor;
      if (value === 0) continue;
      for (let j = 0; j <= i; j++) sums[i * width + j] = (sums[i * width + j] as number) + value * (rows[at + j] as number);
    }
  }
  for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) sums[j * width + i] = sums[i * width + j] as number;
  return sums;
}

/** L with L·Lᵀ = matrix. */
function cholesky(matrix: Float64Array, width: number): Float64Array {
  const lower = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * width + j] as number;
      for (let k = 0; k < j; k++) sum -= (lower[i * width + k] as number) * (lower[j * width + k] as number);
      lower[i * width + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / (lower[j * width + j] as number);
    }
  }
  return lower;
}

/** L⁻¹ of every row. */
function whitened(rows: Float64Array, width: number, lower: Float64Array): Float64Array {
  const white = rows.slice();
  for (let at = 0; at < white.length; at += width) {
    for (let i = 0; i < width; i++) {
      let sum = white[at + i] as number;
      for (let j = 0; j < i; j++) sum -= (lower[i * width + j] as number) * (white[at + j] as number);
      white[at + i] = sum / (lower[i * width + i] as number);
    }
  }
  return white;
}

/** x with Lᵀ·x = vector, so that x·row is what the vector makes of the whitened row. */
function backSolved(lower: Float64Array, width: number, vector: Float64Array): Float64Array {
  const solved = new Float64Array(width);
  for (let i = width - 1; i >= 0; i--) {
    let sum = vector[i] as number;
    for (let j = i + 1; j < width; j++) sum -= (lower[j * width + i] as number) * (solved[j] as number);
    solved[i] = sum / (lower[i * width + i] as number);
  }
  return solved;
}

/** Directions [length, width], from random ones, by Adam (Kingma and Ba 2015) on random batches. */
function fitted(white: Float64Array, width: number, length: number): Float64Array {
  const below = drawer(0);
  const count = white.length / width;
  const drawn = Array.from({ length }, () => Float64Array.from({ length: width }, () => below(2 ** 20) / 2 ** 19 - 1));
  const turn = new Float64Array(length * width);
  for (const [d, row] of orthonormal(drawn, width).entries()) turn.set(row, d * width);
  const [mean, square] = [new Float64Array(turn.length), new Float64Array(turn.length)];
  const batch = Math.min(BATCH, count);
  let [soon, late] = [1, 1];
  for (let step = 0; step < STEPS; step++) {
    const rows = new Float64Array(batch * width);
    const chosen = new Set<number>();
    while (chosen.size < batch) chosen.add(batch === count ? chosen.size : below(count));
    for (const [i, row] of [...chosen].entries()) rows.set(white.subarray(row * width, (row + 1) * width), i * width);
    const gradient = gradientOf(turn, rows, width, length);
    soon *= 0.9;
    late *= 0.999;
    for (let i = 0; i < turn.length; i++) {
      const slope = gradient[i] as number;
      mean[i] = 0.9 * (mean[i] as number) + 0.1 * slope;
      square[i] = 0.999 * (square[i] as number) + 0.001 * slope * slope;
      const own = (mean[i] as number) / (1 - soon);
      const spread = Math.sqrt((square[i] as number) / (1 - late));
      turn[i] = (turn[i] as number) - (RATE * own) / (spread + 1e-8);
    }
    // what is pressed down are parts of a square: without this all of them grow
    const louder = Math.sqrt((batch * length) / energyOf(projected(turn, rows, width, length)));
    for (let i = 0; i < turn.length; i++) turn[i] = (turn[i] as number) * louder;
  }
  return turn;
}

/** Of the mean over codes of Σ (products of others beyond what is borne)² + (own square − 1)², both as parts of the mean square. */
function gradientOf(turn: Float64Array, rows: Float64Array, width: number, length: number): Float64Array {
  const count = rows.length / width;
  const codes = projected(turn, rows, width, length);
  const level = energyOf(codes) / count;
  const slopes = new Float64Array(codes.length);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      let product = 0;
      for (let d = 0; d < length; d++) product += (codes[i * length + d] as number) * (codes[j * length + d] as number);
      const beyond = i === j ? product / level - 1 : Math.max(0, product / level - BORNE);
      if (beyond === 0) continue;
      // both of a pair, each of them once as the first
      const weight = (4 * beyond) / (level * count);
      for (let d = 0; d < length; d++) {
        slopes[i * length + d] = (slopes[i * length + d] as number) + weight * (codes[j * length + d] as number);
        if (i !== j) slopes[j * length + d] = (slopes[j * length + d] as number) + weight * (codes[i * length + d] as number);
      }
    }
  }
  const gradient = new Float64Array(turn.length);
  for (let r = 0; r < count; r++) {
    for (let d = 0; d < length; d++) {
      const slope = slopes[r * length + d] as number;
      if (slope === 0) continue;
      for (let w = 0; w < width; w++)
        gradient[d * width + w] = (gradient[d * width + w] as number) + slope * (rows[r * width + w] as number);
    }
  }
  return gradient;
}
