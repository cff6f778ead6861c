/** From logits to the values of an output, by the circuit map alone. */
import type { CategoricalOutput, MapOutput, NumericOutput } from '../checkpoint/map/circuit-map.ts';
import type { MapValue } from '../checkpoint/map/map-value.ts';
import { type Value, valuesEqual } from '../graph/value.ts';

/** Logits of one input as `[position, output]`, BOS being position 0. */
export interface Logits {
  readonly data: Float32Array | Float64Array;
  /** Length of the last axis. */
  readonly outputs: number;
}

export interface Decoded {
  /** One value for each token of the input. */
  readonly values: readonly MapValue[];
  /** The smallest distance of the best logit to the second, null for numbers. A compiled model's ideal is 1. */
  readonly margin: number | null;
}

export function decodeOutput(output: MapOutput, logits: Logits): Decoded {
  const positions = logits.data.length / logits.outputs - 1;
  if (output.kind === 'numeric') {
    return { values: Array.from({ length: positions }, (_, i) => decodeNumber(output, logits, i)), margin: null };
  }
  let margin: number | null = null;
  const values = Array.from({ length: positions }, (_, position) => {
    const { best, second } = largestTwo(output, logits, position);
    const largest = logitOf(output, logits, position, best);
    if (second !== null) margin = least(margin, largest - logitOf(output, logits, position, second));
    else if (Number.isNaN(largest)) margin = largest;
    return (output.logits[best] as CategoricalOutput['logits'][number]).value;
  });
  return { values, margin: margin ?? IDEAL_MARGIN };
}

/** The smaller of two, NaN being smaller than anything: what a broken model says must not be lost among good numbers. */
export function least(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Number.isNaN(a) || a <= b ? a : b;
}

/** The larger of two, NaN being larger than anything. */
export function greatest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Number.isNaN(a) || a >= b ? a : b;
}

/** The logits of a compiled model are 1 for the right value and 0 for the others; an output of one value has nothing to beat. */
const IDEAL_MARGIN = 1;

export interface Comparison {
  readonly right: boolean;
  /** Categorical: the expected value's logit minus the best of the others (-1 where no logit stands for it); wrong unless positive. */
  readonly margin: number | null;
  /** Numeric: the absolute difference. Null for categories. */
  readonly error: number | null;
}

/**
 * The output at one token against the program's value there. Numbers may differ by `tolerance` or by a thousandth of the larger of 1 and the
 * value, whichever is less.
 */
export function compareOutput(output: MapOutput, logits: Logits, position: number, expected: Value, tolerance: number): Comparison {
  if (output.kind === 'numeric') {
    const wanted = Number(expected);
    const error = Math.abs(decodeNumber(output, logits, position) - wanted);
    return { right: error <= Math.min(tolerance, 1e-3 * Math.max(1, Math.abs(wanted))), margin: null, error };
  }
  const row = (position + 1) * logits.outputs;
  let own = Number.NEGATIVE_INFINITY;
  let other = Number.NEGATIVE_INFINITY;
  for (const { id, value } of output.logits) {
    const logit = logits.data[row + id] as number;
    // Math.max keeps a NaN, whatever comes after it
    if (valuesEqual(value, expected)) own = Math.max(own, logit);
    else other = Math.max(other, logit);
  }
  if (own === Number.NEGATIVE_INFINITY) return { right: false, margin: Number.isNaN(other) ? Number.NaN : -IDEAL_MARGIN, error: null };
  const margin = other === Number.NEGATIVE_INFINITY && !Number.isNaN(own) ? IDEAL_MARGIN : own - other;
  return { right: margin > 0, margin, error: null };
}

function decodeNumber(output: NumericOutput, logits: Logits, position: number): number {
  return output.scale * (logits.data[(position + 1) * logits.outputs + output.logit] as number) + output.offset;
}

function logitOf(output: CategoricalOutput, logits: Logits, position: number, index: number): number {
  return logits.data[(position + 1) * logits.outputs + (output.logits[index] as { readonly id: number }).id] as number;
}

function isLarger(a: number, b: number): boolean {
  return a > b || (Number.isNaN(a) && !Number.isNaN(b));
}

/** Indices into `output.logits`. Of equal logits the first listed is the best. */
function largestTwo(output: CategoricalOutput, logits: Logits, position: number): { best: number; second: number | null } {
  let best = 0;
  let second: number | null = null;
  for (let i = 1; i < output.logits.length; i++) {
    const logit = logitOf(output, logits, position, i);
    // NaN is larger than anything, as `argmax` has it, so that the margin is NaN wherever a logit is
    if (isLarger(logit, logitOf(output, logits, position, best))) {
      second = best;
      best = i;
    } else if (second === null || isLarger(logit, logitOf(output, logits, position, second))) {
      second = i;
    }
  }
  return { best, second };
}
