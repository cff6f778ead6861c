/**
 * The norm of what a sublayer writes: at each position it divides all of that by one root, which is known up to the range of the squared length of
 * what is written there. What is left is written again, with one more factor for each dimension.
 */
import { numberAt } from '../tensor/number-at.ts';
import { measure, NORM_ROUNDINGS, type NormWeights, underflowOf } from './bounds/norm.ts';
import { SAFETY, UNIT } from './bounds/rounding.ts';
import type { Producer, Stream } from './bounds/stream.ts';
import type { LinearWrite } from './mlp/linear-writes.ts';
import type { MlpWritten, Written } from './mlp/mlp-block.ts';

/** What is left of linear writes goes by this at BOS, beside what they are elsewhere. */
export interface NormedWrite {
  readonly written: MlpWritten;
  readonly bos: number;
}

/** @param written what is written, linear functions of the stream among it */
export function writeNormed(weights: NormWeights, { linear, ...own }: MlpWritten): NormedWrite {
  const { gain } = weights;
  const { sigma, scale, bos, bosScale } = measure(weights, asStream(own, linear));
  const factor = gain.map((g) => g / sigma);
  const relative = scale + NORM_ROUNDINGS * UNIT;
  const bosRelative = bosScale + NORM_ROUNDINGS * UNIT;
  const anywhere = Math.max(relative, bos * bosRelative + Math.abs(bos - 1));
  const underflow = underflowOf(weights);
  const isWritten = new Uint8Array(gain.length);
  for (const { dims } of own.producers) for (const dim of dims) isWritten[dim] = 1;
  const noise = own.noise.map((x, dim) => {
    const c = Math.abs(numberAt(own.constant, dim));
    const f = Math.abs(numberAt(factor, dim));
    if (f === 0 || (isWritten[dim] === 0 && c === 0 && x === 0)) return 0;
    return SAFETY * (f * (x * Math.max(1, bos) * (1 + anywhere) + c * anywhere) + numberAt(underflow, dim));
  });
  const written: MlpWritten = {
    producers: own.producers.map((producer) => scaled(producer, factor, bos, relative, bosRelative)),
    constant: own.constant.map((x, dim) => x * numberAt(factor, dim)),
    noise,
    linear: linear.map((write) => {
      const error = SAFETY * (write.error + (write.most + write.error) * anywhere);
      return { ...write, down: write.down.map((x, dim) => x * numberAt(factor, dim)), error };
    }),
  };
  return { written, bos };
}

/** What is written, by itself; linear functions of the stream may be anything up to their largest. */
function asStream({ producers, constant, noise }: Written, linear: readonly LinearWrite[]): Stream {
  const most = noise.map((x, dim) =>
    linear.reduce((sum, { down, most: size, error }) => sum + Math.abs(numberAt(down, dim)) * (size + error), x),
  );
  return { width: constant.length, constant, noise: most, producers, shared: [] };
}

function scaled(producer: Producer, factor: Float64Array, bos: number, relative: number, bosRelative: number): Producer {
  const { dims } = producer;
  const by = (at: number) => numberAt(factor, numberAt(dims, at % dims.length));
  const radius = (center: Float64Array, own: Float64Array, times: number, error: number) =>
    own.map((r, at) => SAFETY * Math.abs(by(at)) * times * (r + (Math.abs(numberAt(center, at)) + r) * error));
  return {
    ...producer,
    center: producer.center.map((x, at) => x * by(at)),
    radius: radius(producer.center, producer.radius, 1, relative),
    bosCenter: producer.bosCenter.map((x, at) => x * by(at) * bos),
    bosRadius: radius(producer.bosCenter, producer.bosRadius, bos, bosRelative),
  };
}
