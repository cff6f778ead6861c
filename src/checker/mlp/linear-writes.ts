/**
 * Neurons in pairs that read and write the negative of each other: act(a) - act(-a) = a, so what they write is a linear function of the stream,
 * whatever the stream holds. That is how numbers are taken off the stream again: their errors go with them.
 */

import type { Traits } from '../../targets/target.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { type Form, type Reading, readingsOf } from '../bounds/form.ts';
import type { NormView } from '../bounds/norm.ts';
import { SAFETY, UNDERFLOW, UNIT } from '../bounds/rounding.ts';
import { largestOf, type Producer, type SharedNoise, type Stream } from '../bounds/stream.ts';
import { SATURATION } from './mlp-states.ts';
import type { MlpWeights } from './mlp-weights.ts';

/** `down × form`, with what it is off by at any position, beside what the stream is. */
export interface LinearWrite {
  readonly form: Form;
  /** By dimension of the stream. */
  readonly down: Float64Array;
  readonly error: number;
  /** What of that the norm's scale is to blame for. */
  readonly scaling: number;
  /** The form's largest absolute number. */
  readonly most: number;
}

/** Two activations of a number and its negative differ by it to within this part where they are not saturated: part of the runtime semantics. */
const ODD_PART = 2 ** -8;

/** Whether neuron n and the next one are such a pair. */
export function isMirrored(n: number, { width, hidden, active, activeBias, factor, factorBias, down }: MlpWeights): boolean {
  if (n + 1 >= hidden) return false;
  const isNegative = (matrix: Float64Array) => {
    for (let i = 0; i < width; i++) if (matrix[n * width + i] !== -numberAt(matrix, (n + 1) * width + i)) return false;
    return true;
  };
  const isSame = (matrix: Float64Array) => {
    for (let i = 0; i < width; i++) if (matrix[n * width + i] !== matrix[(n + 1) * width + i]) return false;
    return true;
  };
  const biases = [activeBias?.[n] ?? 0, activeBias?.[n + 1] ?? 0] as const;
  if (biases[0] !== -biases[1] || factorBias?.[n] !== factorBias?.[n + 1]) return false;
  return isNegative(active) && isNegative(down) && (factor === null || isSame(factor));
}

/** @param factor what the activation is multiplied by */
export function linearWrite(
  form: Form,
  down: Float64Array,
  factor: { readonly center: number; readonly radius: number },
  activation: Traits['activation'],
): LinearWrite {
  const saturation = SATURATION[activation];
  const size = Math.abs(factor.center) + factor.radius;
  const ownError = ({ scaling, rounding, least, most }: Reading) => {
    const error = scaling + rounding;
    const odd = least - error >= saturation ? 0 : ODD_PART * Math.min(most + error, saturation);
    // each of the two is rounded once, and once more where it is multiplied; so is their sum
    return (rounding + odd) * size + most * (factor.radius + 6 * UNIT) + 4 * UNDERFLOW;
  };
  const readings = readingsOf(form);
  const largest = (of: (reading: Reading) => number) => readings.reduce((most, reading) => Math.max(most, of(reading)), 0);
  const relative = (error: number) => (SAFETY * error) / Math.abs(factor.center);
  const scaling = relative(size * largest((reading) => reading.scaling));
  return {
    form,
    down: down.map((x) => x * factor.center),
    error: scaling + relative(largest(ownError)),
    scaling,
    most: largest((reading) => reading.most),
  };
}

/** A dimension with less than this is as good as empty: what is there is noise. */
const NOTHING = 2 ** -12;

/**
 * The stream after such writes. Of every vector that they read they add its multiple: what they take away, they take with all that it is off
 * by.
 *
 * @param read the stream that they read, which is `stream` but for what has been written beside them
 */
export function withLinearWrites(stream: Stream, read: Stream, view: NormView, writes: readonly LinearWrite[]): Stream {
  if (writes.length === 0) return stream;
  const targets = [...stream.constant.keys()].filter((dim) => writes.some(({ down }) => down[dim] !== 0));
  const coefficients = targets.map((dim) => coefficientsOf(dim, writes, 1));
  const atBos = targets.map((dim) => coefficientsOf(dim, writes, view.bos));
  const sum = (of: ReadonlyMap<number, number>, at: (dim: number) => number, absolute = false) =>
    [...of].reduce((total, [dim, coefficient]) => total + (absolute ? Math.abs(coefficient) : coefficient) * at(dim), 0);
  const largest = largestOf(stream);
  const constant = stream.constant.slice();
  const noise = stream.noise.slice();
  for (const [t, dim] of targets.entries()) {
    const own = coefficients[t] as ReadonlyMap<number, number>;
    const bos = atBos[t] as ReadonlyMap<number, number>;
    const offset = writes.reduce((total, { form, down }) => total + numberAt(down, dim) * form.offset, 0);
    const beside = numberAt(stream.noise, dim) - numberAt(read.noise, dim);
    const apart = Math.max(
      sum(own, (from) => numberAt(read.noise, from), true),
      sum(bos, (from) => numberAt(read.noise, from), true),
    );
    const error = writes.reduce((total, write) => total + Math.abs(numberAt(write.down, dim)) * write.error, 0);
    // constants are the same at every position, and the norm's scale is not quite at BOS
    const fixed = sum(own, (from) => numberAt(read.constant, from));
    const differs = Math.abs(sum(bos, (from) => numberAt(read.constant, from)) - fixed);
    constant[dim] = numberAt(stream.constant, dim) - numberAt(read.constant, dim) + fixed + offset;
    const rounding = 2 * UNIT * numberAt(largest, dim) + 4 * UNDERFLOW * writes.length;
    noise[dim] = SAFETY * (beside + apart + error + differs + rounding);
  }
  const isRead = new Set(read.producers);
  const producers = stream.producers.map((producer) =>
    isRead.has(producer) ? transformed(producer, targets, coefficients, atBos, noise) : producer,
  );
  const shared = stream.shared.map((each): SharedNoise => {
    const changed = each.coefficients.slice();
    for (const [t, dim] of targets.entries()) {
      changed[dim] = sum(coefficients[t] as ReadonlyMap<number, number>, (from) => numberAt(each.coefficients, from));
    }
    return { ...each, coefficients: changed };
  });
  return { ...stream, constant, noise, producers: producers.filter(({ dims }) => dims.length > 0), shared };
}

/** What a dimension becomes: 1 times itself and a multiple of each that is read. */
function coefficientsOf(dim: number, writes: readonly LinearWrite[], scale: number): ReadonlyMap<number, number> {
  const coefficients = new Map([[dim, 1]]);
  for (const { form, down } of writes) {
    const weight = numberAt(down, dim) * scale;
    if (weight === 0) continue;
    for (const [from, factor] of form.weights) coefficients.set(from, (coefficients.get(from) ?? 0) + weight * factor);
  }
  return coefficients;
}

function transformed(
  producer: Producer,
  targets: readonly number[],
  coefficients: readonly ReadonlyMap<number, number>[],
  atBos: readonly ReadonlyMap<number, number>[],
  noise: Float64Array,
): Producer {
  const place = new Map([...producer.dims].map((dim, at) => [dim, at]));
  const target = new Map(targets.map((dim, t) => [dim, t]));
  const touched = targets.filter((_, t) => [...(coefficients[t] as ReadonlyMap<number, number>).keys()].some((dim) => place.has(dim)));
  const dims = [...new Set([...producer.dims, ...touched])];
  const width = producer.dims.length;
  const numbers = (vectors: Float64Array, of: readonly ReadonlyMap<number, number>[], absolute: boolean): number[][] =>
    Array.from({ length: vectors.length / width }, (_, value) =>
      dims.map((dim) => {
        const at = (from: number) => {
          const index = place.get(from);
          return index === undefined ? 0 : numberAt(vectors, value * width + index);
        };
        const t = target.get(dim);
        if (t === undefined) return at(dim);
        let total = 0;
        for (const [from, coefficient] of of[t] as ReadonlyMap<number, number>)
          total += (absolute ? Math.abs(coefficient) : coefficient) * at(from);
        return total;
      }),
    );
  const vectors = {
    center: numbers(producer.center, coefficients, false),
    radius: numbers(producer.radius, coefficients, true),
    bosCenter: numbers(producer.bosCenter, atBos, false),
    bosRadius: numbers(producer.bosRadius, atBos, true),
  };
  const sizeAt = (at: number) => {
    const size = (center: number[][], radius: number[][]) =>
      center.reduce((most, row, value) => Math.max(most, Math.abs(numberAt(row, at)) + numberAt(radius[value] ?? [], at)), 0);
    return Math.max(size(vectors.center, vectors.radius), size(vectors.bosCenter, vectors.bosRadius));
  };
  const kept = [...dims.keys()].filter((at) => {
    const dim = numberAt(dims, at);
    const size = sizeAt(at);
    if (!target.has(dim) || size >= NOTHING) return true;
    noise[dim] = numberAt(noise, dim) + SAFETY * size;
    return false;
  });
  const flat = (rows: number[][]) => Float64Array.from(rows.flatMap((row) => kept.map((at) => numberAt(row, at))));
  return {
    ...producer,
    dims: Int32Array.from(kept, (at) => numberAt(dims, at)),
    center: flat(vectors.center),
    radius: flat(vectors.radius),
    bosCenter: flat(vectors.bosCenter),
    bosRadius: flat(vectors.bosRadius),
  };
}
