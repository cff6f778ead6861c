/**
 * The difference of two rows of one matrix at one position. Both read the same numbers, so that what is off in those counts by the
 * difference of the weights; only the rows' own roundings add up.
 */
import { numberAt, numberOf } from '../../tensor/number-at.ts';
import type { Approximate, Form, Read } from './form.ts';
import { SAFETY, UNIT } from './rounding.ts';
import type { Producer, Stream } from './stream.ts';

/** What the dimensions of the stream hold at one combination of values. */
export interface Held {
  readonly center: ReadonlyMap<number, number>;
  readonly radius: ReadonlyMap<number, number>;
}

/** @param valueAt the index of the value that a producer's s-op has */
export function heldBy(
  dims: Iterable<number>,
  stream: Stream,
  producers: readonly Producer[],
  valueAt: (producer: Producer) => number,
): Held {
  const center = new Map<number, number>();
  const radius = new Map<number, number>();
  for (const dim of dims) {
    center.set(dim, numberAt(stream.constant, dim));
    radius.set(dim, numberAt(stream.noise, dim));
  }
  for (const producer of producers) {
    const from = valueAt(producer) * producer.dims.length;
    for (const [at, dim] of producer.dims.entries()) {
      const known = center.get(dim);
      if (known === undefined) continue;
      center.set(dim, known + numberAt(producer.center, from + at));
      radius.set(dim, numberOf(radius, dim) + numberAt(producer.radius, from + at));
    }
  }
  return { center, radius };
}

/** @param mean the largest error of the stream's mean, `shared` those that the stream holds already */
export function differenceOf(
  a: Pick<Form, 'weights' | 'offset' | 'roundings' | 'scale'>,
  readA: Pick<Read, 'rounding'>,
  b: Pick<Form, 'weights' | 'offset'>,
  readB: Pick<Read, 'rounding'>,
  { center, radius }: Held,
  mean: number,
  shared: Stream['shared'],
): Approximate {
  let [scaled, off, total, sum] = [0, 0, 0, 0];
  const common = shared.map(() => 0);
  const include = (dim: number, weight: number) => {
    const x = weight * numberOf(center, dim);
    scaled += x;
    off += Math.abs(weight) * numberOf(radius, dim);
    total += Math.abs(x);
    sum += weight;
    for (const [i, { coefficients }] of shared.entries()) common[i] = numberAt(common, i) + weight * numberAt(coefficients, dim);
  };
  for (const [dim, weight] of a.weights) include(dim, weight - (b.weights.get(dim) ?? 0));
  for (const [dim, weight] of b.weights) if (!a.weights.has(dim)) include(dim, -weight);
  const means = common.reduce((most, c, i) => most + Math.abs(c) * (shared[i]?.bound ?? 0), Math.abs(sum) * mean);
  const inherited = off + means + a.roundings * UNIT * total;
  const error = inherited + a.scale * (Math.abs(scaled) + inherited) + readA.rounding + readB.rounding;
  return { center: scaled + a.offset - b.offset, radius: SAFETY * error };
}
