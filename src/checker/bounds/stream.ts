/**
 * The residual stream as the checker knows it: at every position it is constants, plus one vector for each producer by the value that
 * its s-op has there, plus noise. Producers are what writes: the embeddings, heads, groups of neurons.
 */

import type { SOp } from '../../graph/graph.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { ClaimedVariable } from '../claim/claims.ts';
import type { CheckedDecision } from '../claim/report.ts';

export interface Producer {
  readonly name: string;
  /** Source, as `hist.rasp:6:8-6:34`. */
  readonly span: string;
  /** The s-op by whose value the vector goes; null where it is the same at every position but BOS's. */
  readonly node: SOp | null;
  /** Dimensions of the stream that it writes. */
  readonly dims: Int32Array;
  /**
   * How many vectors there are: one for each value of the s-op, in the order of its values; or, where values are not enumerated, the two
   * at the ends of its range, between which the vector is linear in the number.
   */
  readonly count: number;
  readonly isLine: boolean;
  /** `[value, dim]`: the middle of what is written, and how far off it may be. */
  readonly center: Float64Array;
  readonly radius: Float64Array;
  /** The same at BOS. */
  readonly bosCenter: Float64Array;
  readonly bosRadius: Float64Array;
  /** Which claimed variable it writes; null for embeddings. */
  readonly claim: ProducerClaim | null;
}

export interface ProducerClaim {
  readonly variable: ClaimedVariable;
  /** What decisions about it have in common. */
  readonly where: Pick<CheckedDecision, 'name' | 'span' | 'tensor' | 'part'>;
}

export interface Stream {
  readonly width: number;
  /** What every position holds, BOS included. */
  readonly constant: Float64Array;
  /** How far off each dimension may be besides. */
  readonly noise: Float64Array;
  readonly producers: readonly Producer[];
  /** Numbers, unknown but for a bound, that several dimensions hold each times its coefficient: errors of means, which readers cancel. */
  readonly shared: readonly SharedNoise[];
}

export interface SharedNoise {
  readonly coefficients: Float64Array;
  readonly bound: number;
}

/** The parts of a stream that touch a dimension: a producer, and where the dimension stands in it. */
export type Touches = readonly (readonly { readonly producer: number; readonly at: number }[])[];

export function touchesOf({ width, producers }: Stream): Touches {
  const touches = Array.from({ length: width }, () => [] as { producer: number; at: number }[]);
  for (const [producer, { dims }] of producers.entries()) for (const [at, dim] of dims.entries()) touches[dim]?.push({ producer, at });
  return touches;
}

/** The largest absolute number that each dimension can hold, at any position. */
export function largestOf(stream: Stream): Float64Array {
  const largest = stream.constant.map((x, dim) => Math.abs(x) + numberAt(stream.noise, dim));
  for (const { coefficients, bound } of stream.shared) {
    for (let dim = 0; dim < largest.length; dim++) largest[dim] = numberAt(largest, dim) + Math.abs(numberAt(coefficients, dim)) * bound;
  }
  for (const { dims, count, center, radius, bosCenter, bosRadius } of stream.producers) {
    for (const [at, dim] of dims.entries()) {
      let own = Math.abs(numberAt(bosCenter, at)) + numberAt(bosRadius, at);
      for (let i = at; i < count * dims.length; i += dims.length) own = Math.max(own, Math.abs(numberAt(center, i)) + numberAt(radius, i));
      largest[dim] = numberAt(largest, dim) + own;
    }
  }
  return largest;
}

/** A producer's vectors before they are gathered: intervals that grow. */
export class VectorHulls {
  readonly dims: Int32Array;
  readonly count: number;
  readonly #low: Float64Array;
  readonly #high: Float64Array;

  constructor(dims: Int32Array, count: number) {
    this.dims = dims;
    this.count = count;
    this.#low = new Float64Array(count * dims.length).fill(Number.POSITIVE_INFINITY);
    this.#high = new Float64Array(count * dims.length).fill(Number.NEGATIVE_INFINITY);
  }

  include(value: number, at: number, low: number, high: number): void {
    const i = value * this.dims.length + at;
    if (!(low >= numberAt(this.#low, i))) this.#low[i] = low;
    if (!(high <= numberAt(this.#high, i))) this.#high[i] = high;
  }

  /** Middles and radii; of values that never occur, 0. */
  finish(): { center: Float64Array; radius: Float64Array } {
    const center = new Float64Array(this.#low.length);
    const radius = new Float64Array(this.#low.length);
    for (let i = 0; i < center.length; i++) {
      const [low, high] = [numberAt(this.#low, i), numberAt(this.#high, i)];
      if (low === Number.POSITIVE_INFINITY && high === Number.NEGATIVE_INFINITY) continue;
      center[i] = (low + high) / 2;
      radius[i] = ((high - low) / 2) * (1 + 1e-12) + Math.abs(numberAt(center, i)) * 1e-15;
    }
    return { center, radius };
  }
}

/** How far off each dimension may be: its own noise, and that which it shares. */
export function noiseOf({ noise, shared }: Stream): Float64Array {
  const total = noise.slice();
  for (const { coefficients, bound } of shared) {
    for (let dim = 0; dim < total.length; dim++) total[dim] = numberAt(total, dim) + Math.abs(numberAt(coefficients, dim)) * bound;
  }
  return total;
}
