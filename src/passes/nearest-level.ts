/**
 * An answer read from one number: every value owns an interval of the number line, and each logit is a line over it, so that the upper
 * envelope of the lines changes from one value to the next halfway between their intervals. No neuron has to tell the values apart.
 */
import type { Form, NearestLevel } from '../circuit/circuit.ts';
import { combineForms, scaleForm } from '../circuit/form.ts';

/** The numbers with which one value occurs. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface LevelLogits {
  /** In the order of the intervals given. */
  readonly forms: readonly Form[];
  readonly nearest: NearestLevel;
}

/** Logits larger than this lose too much of the ideal gap, which is 1, to the rounding of float32. */
const LARGEST_LOGIT = 2 ** 18;

/**
 * Lines that beat their neighbours by 1 at the ends of each interval, and all others by more. Null where the intervals overlap or the lines
 * would be too steep for float32.
 *
 * @param noise about how far off the number can be when the model reads it
 */
export function nearestLevelLogits(number: Form, intervals: readonly Interval[], noise: number): LevelLogits | null {
  const order = intervals.map((_, i) => i).sort((a, b) => (intervals[a] as Interval).low - (intervals[b] as Interval).low);
  const sorted = order.map((i) => intervals[i] as Interval);
  const slopes = [0];
  const offsets = [0];
  for (let i = 1; i < sorted.length; i++) {
    const [below, above] = [sorted[i - 1] as Interval, sorted[i] as Interval];
    const gap = above.low - below.high;
    // Negated, so that what is not a number is refused.
    if (!(gap > 8 * noise)) return null;
    const rise = 2 / gap;
    slopes.push((slopes[i - 1] as number) + rise);
    offsets.push((offsets[i - 1] as number) - (rise * (above.low + below.high)) / 2);
  }
  // What all logits share changes no decision: without the middle line they are smallest.
  const middle = sorted.length >> 1;
  const [slope, offset] = [slopes[middle] as number, offsets[middle] as number];
  const forms: Form[] = [];
  for (const [i, at] of order.entries()) {
    const [a, b] = [(slopes[i] as number) - slope, (offsets[i] as number) - offset];
    const { low, high } = { low: sorted[0]?.low ?? 0, high: sorted.at(-1)?.high ?? 0 };
    if (Math.abs(a) * Math.max(Math.abs(low), Math.abs(high)) + Math.abs(b) > LARGEST_LOGIT) return null;
    forms[at] = combineForms([{ form: scaleForm(number, a), weight: 1 }], b);
  }
  return { forms, nearest: { number, order, slopes: slopes.map((a) => a - slope) } };
}
