/**
 * How numbers survive being stored: a weight is rounded to the checkpoint's dtype, an embedding may be stored divided by √width and a
 * norm's gain less 1. Assembly writes what is stored and the certificate bounds what was lost, both by these functions.
 */
import type { Target } from '../targets/target.ts';
import { type Dtype, largestOf, roundTo } from '../tensor/dtype.ts';

/** What a model's numbers are stored as, and what it computes in. */
export interface Precision {
  readonly stored: Dtype;
  readonly computed: Dtype;
}

/** Whether every number of the model is float32, so that rounding is far below whatever is told apart. */
export function isSingle({ stored, computed }: Precision): boolean {
  return stored === 'f32' && computed === 'f32';
}

export interface Storage extends Precision {
  /** The number that the model has for a weight. */
  weight(value: number): number;
  /** The same for an entry of the token embedding, whose effect is what the model multiplies it by √width to. */
  embedding(value: number): number;
  /** The same for the gain of a norm. */
  gain(value: number): number;
}

/** @param width of the residual stream, which a scaled embedding depends on */
export function storageOf({ tensors, traits }: Pick<Target, 'tensors' | 'traits'>, precision: Precision, width: number): Storage {
  // A model that computes in half precision rounds the weights it loads.
  const dtype = precision.computed === 'f32' ? precision.stored : precision.computed;
  const offset = tensors.find((t) => t.holds.some((role) => role === 'embeddingNormGain' || role === 'finalNormGain'))?.offset ?? 0;
  const scale = traits.scaledEmbedding ? Math.sqrt(width) : 1;
  const weight = (value: number) => clamped(dtype, roundTo(dtype, value));
  return {
    ...precision,
    weight,
    embedding: (value) => weight(value / scale) * scale,
    gain: (value) => weight(value + offset) - offset,
  };
}

/** Beyond the range a number stays the largest that there is: what is missing is an error that the certificate sees. */
function clamped(dtype: Dtype, value: number): number {
  const largest = largestOf(dtype);
  return Math.min(Math.max(value, -largest), largest);
}

/** A constant is right when what is left of it is below float32's rounding. */
const SETTLED = 2 ** -25;

/** A constant in parts that can be stored; `left` is what they do not add up to. */
export interface SplitConstant {
  /** For the bias; 0 where there is none. */
  readonly bias: number;
  /** For the anchor units, in order. */
  readonly anchors: readonly number[];
  readonly left: number;
}

/**
 * Splits a constant: its rounded head goes to the bias, the remainder to weights on anchor units, each of which takes what the ones
 * before leave (docs/half-precision.md, "Weights as stored").
 * @param reading what a weight of 1 on an anchor unit reads
 * @param units how many anchor units there are
 */
export function splitConstant(constant: number, hasBias: boolean, reading: number, units: number, storage: Storage): SplitConstant {
  const bias = hasBias ? storage.weight(constant) : 0;
  let left = constant - bias;
  const anchors: number[] = [];
  while (anchors.length < units && Math.abs(left) > SETTLED * Math.abs(constant)) {
    const weight = storage.weight(left / reading);
    if (weight === 0) break;
    anchors.push(weight);
    left -= weight * reading;
  }
  return { bias, anchors, left };
}
