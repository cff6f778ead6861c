/** LayerNorm and RMSNorm over the features of each token. */
import type { Traits } from '../targets/target.ts';
import type { FloatArray } from '../tensor/dtype.ts';

export interface Norm {
  readonly kind: Traits['norm'];
  readonly gain: FloatArray;
  /** Zeros in families without one. */
  readonly bias: FloatArray;
  readonly epsilon: number;
}

/** Per-token sums, kept between calls so that none is allocated in the loop. */
export interface NormScratch {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/**
 * `output = (input − mean) / √(variance + ε) · gain + bias` for each token of a block `[feature, token]`; RMSNorm takes the mean as 0.
 * Only the features in `needed` are written. `output` may be `input`.
 */
export function normalize(
  norm: Norm,
  input: FloatArray,
  output: FloatArray,
  tokens: number,
  needed: Int32Array,
  scratch: NormScratch,
): void {
  const { gain, bias } = norm;
  const width = gain.length;
  const { mean, scale } = scratch;
  mean.fill(0, 0, tokens);
  scale.fill(0, 0, tokens);
  if (norm.kind === 'layer-norm') {
    for (let feature = 0, at = 0; feature < width; feature++) {
      for (let token = 0; token < tokens; token++, at++) mean[token] = (mean[token] as number) + (input[at] as number);
    }
    for (let token = 0; token < tokens; token++) mean[token] = (mean[token] as number) / width;
  }
  for (let feature = 0, at = 0; feature < width; feature++) {
    for (let token = 0; token < tokens; token++, at++) {
      const centred = (input[at] as number) - (mean[token] as number);
      scale[token] = (scale[token] as number) + centred * centred;
    }
  }
  for (let token = 0; token < tokens; token++) scale[token] = 1 / Math.sqrt((scale[token] as number) / width + norm.epsilon);
  for (let index = 0; index < needed.length; index++) {
    const feature = needed[index] as number;
    const featureGain = gain[feature] as number;
    const featureBias = bias[feature] as number;
    for (let token = 0, at = feature * tokens; token < tokens; token++, at++) {
      output[at] = ((input[at] as number) - (mean[token] as number)) * (scale[token] as number) * featureGain + featureBias;
    }
  }
}
