/** LayerNorm and RMSNorm over the features of each token. */
import type { Traits } from '../targets/target.ts';
import type { FloatArray } from '../tensor/dtype.ts';

export interface Norm {
  readonly kind: Traits['norm'];
  readonly gain: FloatArray;
  /** Zeros in families without one. */
  readonly bias: FloatArray;
  readonly epsilon: number;
  /** A gain that is applied after rounding, `gain` being 1 then; null where it is part of the norm. */
  readonly lateGain: FloatArray | null;
}

/** A norm over some rows of a block, one for each entry of its gain. */
export interface RowNorm {
  readonly rows: Int32Array;
  /** What the sum of squares is divided by. */
  readonly count: number;
  readonly norm: Norm;
}

/**
 * Rows of a block `[row, token]` over the root of their mean square, times the gain.
 *
 * @returns as {@link normalize}
 */
export function normalizeRows({ rows, count, norm: { gain, epsilon } }: RowNorm, block: FloatArray, tokens: number): boolean {
  let isSound = true;
  for (let token = 0; token < tokens; token++) {
    let squares = 0;
    for (const row of rows) squares += (block[row * tokens + token] as number) ** 2;
    isSound &&= isNormal(squares);
    const scale = 1 / Math.sqrt(squares / count + epsilon);
    for (const [i, row] of rows.entries()) {
      const at = row * tokens + token;
      block[at] = (block[at] as number) * scale * (gain[i] as number);
    }
  }
  return isSound;
}

/** Multiplies rows of a block by the late gain, each by its own. */
export function applyRowGain({ rows, norm: { lateGain } }: RowNorm, block: FloatArray, tokens: number): void {
  for (const [i, row] of rows.entries()) {
    for (let at = row * tokens; at < (row + 1) * tokens; at++) block[at] = (block[at] as number) * (lateGain?.[i] ?? 1);
  }
}

/** Multiplies a block by a gain. */
export function applyGain(gain: FloatArray, block: FloatArray, tokens: number, needed: Int32Array): void {
  for (const feature of needed) {
    for (let at = feature * tokens; at < (feature + 1) * tokens; at++) block[at] = (block[at] as number) * (gain[feature] as number);
  }
}

/**
 * `output = (input − mean) / √(variance + ε) · gain + bias` for each token of a block `[feature, token]`; RMSNorm takes the mean as 0.
 * Only the features in `needed` are written. `output` may be `input`. Four tokens at a time, so that their sums stay in registers.
 *
 * @returns whether float32 could sum the squares as well: they are in its range, and not lost below its normal numbers
 */
export function normalize(
  { kind, gain, bias, epsilon }: Norm,
  input: FloatArray,
  output: FloatArray,
  tokens: number,
  needed: Int32Array,
): boolean {
  const width = gain.length;
  const end = width * tokens;
  let isSound = true;
  for (let token = 0; token < tokens; token += 4) {
    let mean0 = 0;
    let mean1 = 0;
    let mean2 = 0;
    let mean3 = 0;
    if (kind === 'layer-norm') {
      for (let at = token; at < end; at += tokens) {
        mean0 += input[at] as number;
        mean1 += input[at + 1] as number;
        mean2 += input[at + 2] as number;
        mean3 += input[at + 3] as number;
      }
      mean0 /= width;
      mean1 /= width;
      mean2 /= width;
      mean3 /= width;
    }
    let scale0 = 0;
    let scale1 = 0;
    let scale2 = 0;
    let scale3 = 0;
    for (let at = token; at < end; at += tokens) {
      const centred0 = (input[at] as number) - mean0;
      const centred1 = (input[at + 1] as number) - mean1;
      const centred2 = (input[at + 2] as number) - mean2;
      const centred3 = (input[at + 3] as number) - mean3;
      scale0 += centred0 * centred0;
      scale1 += centred1 * centred1;
      scale2 += centred2 * centred2;
      scale3 += centred3 * centred3;
    }
    isSound &&= isNormal(scale0) && isNormal(scale1) && isNormal(scale2) && isNormal(scale3);
    scale0 = 1 / Math.sqrt(scale0 / width + epsilon);
    scale1 = 1 / Math.sqrt(scale1 / width + epsilon);
    scale2 = 1 / Math.sqrt(scale2 / width + epsilon);
    scale3 = 1 / Math.sqrt(scale3 / width + epsilon);
    for (let index = 0; index < needed.length; index++) {
      const feature = needed[index] as number;
      const featureGain = gain[feature] as number;
      const featureBias = bias[feature] as number;
      const at = feature * tokens + token;
      output[at] = ((input[at] as number) - mean0) * scale0 * featureGain + featureBias;
      output[at + 1] = ((input[at + 1] as number) - mean1) * scale1 * featureGain + featureBias;
      output[at + 2] = ((input[at + 2] as number) - mean2) * scale2 * featureGain + featureBias;
      output[at + 3] = ((input[at + 3] as number) - mean3) * scale3 * featureGain + featureBias;
    }
  }
  return isSound;
}

/** Sums of squares that float32 holds, whatever the order, and whose smallest terms that matter it holds, too. */
const [LEAST, LARGEST] = [2 ** -80, 2 ** 127];

/** Whether float32 could sum squares to this, too. */
export function isNormal(squares: number): boolean {
  return squares === 0 || (squares >= LEAST && squares <= LARGEST);
}
