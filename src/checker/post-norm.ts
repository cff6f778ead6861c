/**
 * Norms that sit on the stream itself. What they leave is `t · x` with one `t` for each position: `x` is kept as if anchors were exact, and `t`
 * is read with it. A norm does not see by what the whole stream is scaled, so `t` is as well known after the last norm as after the first.
 */

import { numberAt } from '../tensor/number-at.ts';
import { largestRead, measure, NORM_ROUNDINGS, type NormView, type NormWeights, turningOf, type Unit, underflowOf } from './bounds/norm.ts';
import { SAFETY, UNIT } from './bounds/rounding.ts';
import { largestOf, noiseOf, type Producer, type SharedNoise, type Stream } from './bounds/stream.ts';
import type { Turned } from './bounds/turned.ts';
import { Unproven } from './claim/unproven.ts';
import type { Written } from './mlp/mlp-block.ts';

/** A stream, and how it is read. */
export interface ViewedStream {
  readonly stream: Stream;
  readonly view: NormView;
}

/** The stream as a norm on it leaves it. */
export function normed(weights: NormWeights, stream: Stream, unit?: Unit, turned: Turned | null = null): ViewedStream {
  const { gain, bias } = weights;
  const measured = measure(weights, stream, unit, turned);
  const { sigma, mean, offset, scale, bos, bosScale } = measured;
  const largest = largestOf(stream);
  // the gain of whatever is largest: the anchors
  const reference = numberAt(gain, largest.indexOf(largest.reduce((most, x) => Math.max(most, x), 0)));
  const ratio = gain.map((g) => g / reference);
  const t = reference / sigma;
  if (turned?.stream && (ratio.some((r) => r !== 1) || bias?.some((b) => b !== 0)))
    throw new Unproven('norms of several gains, or with biases, are not followed where the stream is turned');
  const turning = turned?.stream ? (NORM_ROUNDINGS + 3) * UNIT * measured.length : 0;
  const constant = stream.constant.map((x, dim) => numberAt(ratio, dim) * x + (bias?.[dim] ?? 0) / t);
  // what the norm rounds of what goes by value, producers have by value
  const rounded = noiseOf(stream).map((x, dim) => NORM_ROUNDINGS * UNIT * (Math.abs(numberAt(stream.constant, dim)) + x + mean));
  const underflow = underflowOf(weights);
  const noise = stream.noise.map((x, dim) => {
    const own = Math.abs(numberAt(ratio, dim)) * (x + numberAt(rounded, dim));
    const underflown = numberAt(underflow, dim) / t;
    return SAFETY * (own + turning + underflown + (Math.abs(bias?.[dim] ?? 0) / t) * (scale + bosScale + Math.abs(1 / bos - 1)));
  });
  const producers = stream.producers.map((producer) => rescaled(producer, ratio));
  // a mean takes off whatever all dimensions have in common, and leaves what it is off by itself
  const shared = [...stream.shared.map(centred), { coefficients: new Float64Array(gain.length).fill(1), bound: offset }]
    .filter(({ coefficients, bound }) => bound > 0 && coefficients.some((c) => c !== 0))
    .map(({ coefficients, bound }) => ({ coefficients: coefficients.map((c, dim) => c * numberAt(ratio, dim)), bound }));
  const view: NormView = {
    factor: new Float64Array(gain.length).fill(t),
    bias: null,
    roundings: 0,
    underflow: new Float64Array(gain.length),
    largest: largestRead(weights, stream, measured),
    unit: t,
    scale,
    bos,
    bosScale,
    mean: 0,
    turning: turningOf(turned, stream, measured),
  };
  return { stream: { width: stream.width, constant, noise, producers, shared }, view };
}

function centred({ coefficients, bound }: SharedNoise): SharedNoise {
  const mean = coefficients.reduce((sum, c) => sum + c, 0) / coefficients.length;
  return { coefficients: coefficients.map((c) => c - mean), bound };
}

function rescaled(producer: Producer, ratio: Float64Array): Producer {
  const { dims } = producer;
  const by = (values: Float64Array, absolute: boolean) =>
    values.map((x, i) => {
      const factor = numberAt(ratio, numberAt(dims, i % dims.length));
      return x * (absolute ? Math.abs(factor) : factor);
    });
  const roundedBy = (center: Float64Array, radius: Float64Array) =>
    by(
      radius.map((r, i) => SAFETY * (r + NORM_ROUNDINGS * UNIT * (Math.abs(numberAt(center, i)) + r))),
      true,
    );
  return {
    ...producer,
    center: by(producer.center, false),
    radius: roundedBy(producer.center, producer.radius),
    bosCenter: by(producer.bosCenter, false),
    bosRadius: roundedBy(producer.bosCenter, producer.bosRadius),
  };
}

/** What is written to a stream that stands for `t` times itself. */
export function unscaled({ producers, constant, noise }: Written, { factor, scale, bos, bosScale }: NormView): Written {
  const t = numberAt(factor, 0);
  const apart = scale + bosScale + Math.abs(1 / bos - 1);
  return {
    producers: producers.map((producer) => {
      const divide = (center: Float64Array, radius: Float64Array, by: number, error: number) => ({
        center: center.map((x) => x / by),
        radius: radius.map((r, i) => (SAFETY * (r * (1 + 2 * error) + 1.01 * error * Math.abs(numberAt(center, i)))) / by),
      });
      const other = divide(producer.center, producer.radius, t, scale);
      const atBos = divide(producer.bosCenter, producer.bosRadius, t * bos, bosScale);
      return { ...producer, center: other.center, radius: other.radius, bosCenter: atBos.center, bosRadius: atBos.radius };
    }),
    constant: constant.map((x) => x / t),
    noise: noise.map((x, dim) => (SAFETY * (x * (1 + 2 * apart) + 1.01 * apart * Math.abs(numberAt(constant, dim)))) / t),
  };
}
