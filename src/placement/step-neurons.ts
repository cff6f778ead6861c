/** The constants of a step made of two neurons (numerics.md, section 1, "Step"). */
import type { Step } from '../circuit/circuit.ts';
import type { Traits } from '../targets/target.ts';
import { largestOf } from '../tensor/dtype.ts';
import type { Storage } from './storage.ts';

/** Neurons that one step takes. */
export const NEURONS_PER_STEP = 2;

/** Pre-activation of a neuron that is always on, which writes what a target has no bias for. */
export const ALWAYS_ON = 64;

/** The two neurons are act(G(x - t) ± h): their difference over 2h is the step. */
export interface StepShape {
  /** G, a power of two. */
  readonly gain: number;
  /** h, in units of the pre-activation. */
  readonly half: number;
}

/**
 * Wide and narrow steps: h, and how many pre-activation units the gap must span. That is where the activation is exactly 0 or the
 * identity ({@link ACTIVATION_SATURATION}) and h on either side, and about as much again for the input's own error. The rounding of a
 * step's output falls with h and rises with the gain that a wider step needs: 8 is about the best of both. A narrow step is for gains
 * that the dtype could not hold otherwise.
 */
const SHAPES: Readonly<
  Record<'wide' | 'narrow', { readonly half: number; readonly units: Readonly<Record<Traits['activation'], number>> }>
> = {
  wide: { half: 8, units: { 'gelu-tanh': 64, gelu: 64, silu: 128 } },
  narrow: { half: 2, units: { 'gelu-tanh': 16, gelu: 16, silu: 64 } },
};

/** The smallest gain at which the step is saturated on both sides of its gap. */
export function stepShape(step: Step, activation: Traits['activation'], { dtype }: Storage): StepShape {
  const wide = shapeOf(step, activation, 'wide');
  const largest = Math.max(...step.input.terms.map((t) => Math.abs(t.weight)));
  return wide.gain * largest <= largestOf(dtype) ? wide : shapeOf(step, activation, 'narrow');
}

function shapeOf({ low, high }: Step, activation: Traits['activation'], name: keyof typeof SHAPES): StepShape {
  const { half, units } = SHAPES[name];
  return { gain: 2 ** Math.ceil(Math.log2(units[activation] / (high - low))), half };
}

/** Beyond this the activation is 0 or the identity to within float32's rounding. */
export const ACTIVATION_SATURATION: Readonly<Record<Traits['activation'], number>> = { 'gelu-tanh': 5.2, gelu: 5.6, silu: 21 };

/** t: where a step is halfway. */
export function middleOf({ low, high }: Step): number {
  return (low + high) / 2;
}
