/** The constants of a step made of two neurons (numerics.md, section 1, "Step"). */
import type { Step } from '../circuit/circuit.ts';
import type { Traits } from '../targets/target.ts';

/**
 * h: the two neurons' offset from the threshold, in units of the pre-activation. The rounding of a step's output falls with it, and
 * rises with the gain that a wider step needs; 8 is about the best of both.
 */
export const STEP_HALF_WIDTH = 8;

/** Neurons that one step takes. */
export const NEURONS_PER_STEP = 2;

/**
 * Pre-activation units that the gap must span: beyond `saturation` the activation is exactly 0 or the identity in float32 (gelu_new
 * and gelu from 5.2 and 5.5 on, SiLU from 17 on). The gap holds that and the offset on either side, and
 * about as much again for the input's own error.
 */
const GAP_UNITS: Readonly<Record<Traits['activation'], number>> = { 'gelu-tanh': 64, gelu: 64, silu: 128 };

/** G: the smallest power of two at which the step is saturated on both sides of its gap. */
export function stepGain(step: Step, activation: Traits['activation']): number {
  return 2 ** Math.ceil(Math.log2(GAP_UNITS[activation] / (step.high - step.low)));
}

/** Beyond this the activation is 0 or the identity to within float32's rounding. */
export const ACTIVATION_SATURATION: Readonly<Record<Traits['activation'], number>> = { 'gelu-tanh': 5.2, gelu: 5.6, silu: 21 };

/** t: where a step is halfway. */
export function middleOf({ low, high }: Step): number {
  return (low + high) / 2;
}
