/** The constants of a step made of two neurons (docs/norm.md, "Steps"). */
import type { Step } from '../circuit/circuit.ts';
import type { Traits } from '../targets/target.ts';
import { type Dtype, largestOf, precisionOf, roundUpTo, spacingAt, unitOf } from '../tensor/dtype.ts';
import type { Precision } from './storage.ts';

/** Neurons that one step takes. */
export const NEURONS_PER_STEP = 2;

/** Pre-activation of a neuron that is always on, which writes what a target has no bias for. */
export const ALWAYS_ON = 64;

/** The two neurons are act(G(x - t) ± h): their difference over 2h is the step. */
export interface StepShape {
  /** G. */
  readonly gain: number;
  /** h, in units of the pre-activation. */
  readonly half: number;
  /** t, where the step is halfway. */
  readonly middle: number;
}

interface ShapeRule {
  readonly half: number;
  /** How many pre-activation units the gap must span. */
  readonly units: Readonly<Record<Traits['activation'], number>>;
}

/**
 * The gap must span h and where the activation is exactly 0 or the identity ({@link ACTIVATION_SATURATION}) on either side, and about as
 * much again for the input's own error. The rounding of a step's output falls with h and rises with the gain that a wider step needs:
 * 8 is about the best of both. A narrow step is for gains that the dtype could not hold otherwise. Where activations are rounded too,
 * large ones cost most, and inputs are exact or not to be told apart at all: the gap is hardly wider than it has to be.
 */
const WIDE: ShapeRule = { half: 8, units: { 'gelu-tanh': 64, gelu: 64, silu: 128, relu: 64 } };
const NARROW: ShapeRule = { half: 2, units: { 'gelu-tanh': 16, gelu: 16, silu: 64, relu: 16 } };
/** Pre-activations up to this are multiples of at most 1/4 in bf16. */
const HARMLESS = 48;
const ROUNDED: ShapeRule = { half: 8, units: { 'gelu-tanh': 28, gelu: 28, silu: 42, relu: 28 } };
/** Units of the pre-activation between the points of a grid, at most. */
const LARGEST_GRID = 64;
/** Units of the pre-activation between the thresholds, at most: farther beyond them, more of the noise is rounded away. */
const MOST_APART = 64;
/** How far from both thresholds inputs have to be, as multiples of where activations saturate: better far than hardly. */
const CLEARANCES = [2, 17 / 16];

/** The smallest gain that can be stored at which the step is saturated on both sides of its gap. */
export function stepShape(step: Step, activation: Traits['activation'], { stored, computed }: Precision): StepShape {
  if (computed !== 'f32') {
    return (
      gridShape(step, activation, computed) ??
      exactShape(step, activation, computed) ?? {
        gain: roundUpTo(computed, roundedGain(step, activation)),
        half: ROUNDED.half,
        middle: middleOf(step),
      }
    );
  }
  const wide = shapeOf(step, activation, WIDE);
  const largest = Math.max(...step.input.terms.map((t) => Math.abs(t.weight)));
  return wide.gain * largest <= largestOf(stored) ? wide : shapeOf(step, activation, NARROW);
}

function shapeOf(step: Step, activation: Traits['activation'], rule: ShapeRule): StepShape {
  return { gain: 2 ** Math.ceil(Math.log2(unitsPerGap(step, activation, rule))), half: rule.half, middle: middleOf(step) };
}

/**
 * A step on one number of the stream that rounding leaves alone. The number, times a power of two, lies on a grid; where both neurons'
 * thresholds lie on it too, so do their pre-activations, which are smaller than the number and therefore have room for the grid: nothing is
 * rounded, and the difference is exactly 2h, a power of two. Null where there is no such pair of thresholds in the gap.
 */
function gridShape({ input, low, high }: Step, activation: Traits['activation'], computed: Dtype): StepShape | null {
  const [term, ...others] = input.terms.filter(({ register }) => register.node !== null);
  const levels = term?.register.features[term.feature]?.levels;
  if (term === undefined || others.length > 0 || !levels || levels.some((x) => x < 0)) return null;
  const grid = spacingAt(computed, Math.max(...levels));
  const ends = [(low - input.constant) / term.weight, (high - input.constant) / term.weight];
  const [from, to] = [Math.min(...ends), Math.max(...ends)];
  const top = Math.max(...levels);
  for (const clearance of CLEARANCES) {
    // A grid step is `units` of the pre-activation.
    for (let units = 1; units <= LARGEST_GRID && (units / grid) * top <= largestOf(computed); units *= 2) {
      const clear = (ROUNDED_SATURATION[activation] * clearance * grid) / units;
      const [first, last] = [Math.ceil((from + clear) / grid), Math.floor((to - clear) / grid)];
      if (last <= first) continue;
      const apart = 2 ** Math.floor(Math.log2(Math.min(last - first, MOST_APART / units)));
      const start = first + ((last - first - apart) >> 1);
      return {
        gain: units / grid / Math.abs(term.weight),
        half: (units * apart) / 2,
        middle: input.constant + term.weight * grid * (start + apart / 2),
      };
    }
  }
  return null;
}

/** Numbers that are no multiples of this are none of one unit. */
export const FINEST_UNIT = 2 ** -20;
/** How often a unit is halved, to find room for two thresholds between neighbouring numbers. */
const HALVINGS = 3;

/**
 * A step on a sum of several numbers that rounding leaves alone: where all of them are multiples of one unit, as what was told apart before is,
 * so is their sum; with thresholds on a grid of that unit, or of a half or a quarter of it, pre-activations are multiples as well, and not rounded
 * as long as they are not too many. Null where they are.
 */
function exactShape({ input, low, high }: Step, activation: Traits['activation'], computed: Dtype): StepShape | null {
  const terms = input.terms.filter(({ register }) => register.node !== null);
  let unit = unitOf(input.constant, FINEST_UNIT);
  let [least, most] = [input.constant, input.constant];
  for (const { register, feature, weight } of terms) {
    const levels = register.features[feature]?.levels;
    if (!levels) return null;
    const numbers = Array.from(levels, (level) => weight * level);
    for (const x of numbers) unit = Math.min(unit, unitOf(x, FINEST_UNIT));
    least += Math.min(...numbers);
    most += Math.max(...numbers);
  }
  if (terms.length < 2 || unit === 0) return null;
  const reach = 2 ** precisionOf(computed);
  for (const clearance of CLEARANCES) {
    for (let grid = unit; grid >= unit / 2 ** HALVINGS; grid /= 2) {
      for (let units = 1; units <= LARGEST_GRID; units *= 2) {
        const clear = (ROUNDED_SATURATION[activation] * clearance * grid) / units;
        const [first, last] = [Math.ceil((low + clear) / grid), Math.floor((high - clear) / grid)];
        if (last <= first) continue;
        const apart = 2 ** Math.floor(Math.log2(Math.min(last - first, MOST_APART / units)));
        const start = first + ((last - first - apart) >> 1);
        const steps = Math.max(Math.abs(most - start * grid), Math.abs(least - (start + apart) * grid)) / grid;
        if (steps > reach || steps * units > largestOf(computed)) continue;
        return { gain: units / grid, half: (units * apart) / 2, middle: grid * (start + apart / 2) };
      }
    }
  }
  return null;
}

/** Where inputs end near the threshold, large gains cost nothing, and leave as much room as a wide step. */
function roundedGain(step: Step, activation: Traits['activation']): number {
  const highest = step.ceilings.reduce((most, x) => Math.max(most, x), step.high);
  const harmless = HARMLESS / (highest - middleOf(step));
  const [least, most] = [unitsPerGap(step, activation, ROUNDED), unitsPerGap(step, activation, WIDE)];
  return Math.min(Math.max(least, harmless), most);
}

function unitsPerGap({ low, high }: Step, activation: Traits['activation'], { units }: ShapeRule): number {
  return units[activation] / (high - low);
}

/**
 * Beyond this the activation is 0 or the identity to within the rounding of half precision. (SiLU is off by 7e-5 there, which the
 * certificate adds.)
 */
export const ROUNDED_SATURATION: Readonly<Record<Traits['activation'], number>> = { 'gelu-tanh': 5.2, gelu: 5.6, silu: 12, relu: 1 };

/** Beyond this the activation is 0 or the identity to within float32's rounding. (ReLU always is; a unit keeps what is rounded off its corner.) */
export const ACTIVATION_SATURATION: Readonly<Record<Traits['activation'], number>> = { 'gelu-tanh': 5.2, gelu: 5.6, silu: 21, relu: 1 };

/**
 * Where an activation is not saturated, the difference of what it makes of a number and of its negative is that number to within this part: of
 * act(a) = a·g(a) it asks that g(a) + g(-a) = 1, which is so of GELU and SiLU, and of the roughest tables that engines have for them.
 */
export const ODD_PART_ERROR = 2 ** -8;

function middleOf({ low, high }: Step): number {
  return (low + high) / 2;
}
