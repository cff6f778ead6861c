/**
 * An answer read from one number: every value owns an interval of the number line, and each logit is a line over it, so that the upper
 * envelope of the lines changes from one value to the next halfway between their intervals. No neuron has to tell the values apart.
 */
import type { Form, NearestLevel } from '../../../circuit/circuit.ts';

/** The numbers with which one value occurs. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface LevelLogits {
  /** In the order of the intervals given. */
  readonly forms: readonly Form[];
  readonly nearest: readonly NearestLevel[];
}

/** How many times the noise of a number has to fit between two values. */
export const NOISE_ROOM = 8;
/** Logits larger than this are likely to lose too much of the ideal gap, which is 1, to the rounding of float32. */
const LARGEST_LOGIT = 2 ** 20;
/** Those beyond this are sure to. */
export const HOPELESS_LOGIT = 2 ** 22;

/**
 * Lines that beat their neighbours by 1 at the ends of each interval, and all others by more. Null where the intervals overlap or the lines
 * would be too steep for float32.
 *
 * @param read gives the number; called where there are such lines
 * @param noise about how far off the number can be when the model reads it
 * @param largest what no logit may be beyond
 */
export function nearestLevelLogits(
  read: () => Form,
  intervals: readonly Interval[],
  noise: number,
  largest = LARGEST_LOGIT,
): LevelLogits | null {
  const order = intervals.map((_, i) => i).sort((a, b) => (intervals[a] as Interval).low - (intervals[b] as Interval).low);
  const sorted = order.map((i) => intervals[i] as Interval);
  const slopes = [0];
  const offsets = [0];
  for (let i = 1; i < sorted.length; i++) {
    const [below, above] = [sorted[i - 1] as Interval, sorted[i] as Interval];
    const gap = above.low - below.high;
    // Negated, so that what is not a number is refused.
    if (!(gap > NOISE_ROOM * noise)) return null;
    const rise = 2 / gap;
    slopes.push((slopes[i - 1] as number) + rise);
    offsets.push((offsets[i - 1] as number) - (rise * (above.low + below.high)) / 2);
  }
  // What all logits share changes no decision: without the middle line they are smallest.
  const middle = sorted.length >> 1;
  const [slope, offset] = [slopes[middle] as number, offsets[middle] as number];
  const lines = order.map((_, i) => [(slopes[i] as number) - slope, (offsets[i] as number) - offset] as const);
  const { low, high } = { low: sorted[0]?.low ?? 0, high: sorted.at(-1)?.high ?? 0 };
  if (lines.some(([a, b]) => Math.abs(a) * Math.max(Math.abs(low), Math.abs(high)) + Math.abs(b) > largest)) return null;
  const number = read();
  const forms: Form[] = [];
  for (const [i, [a, b]] of lines.entries()) forms[order[i] as number] = line(number, a, b);
  return { forms, nearest: [{ number, order, slopes: slopes.map((a) => a - slope) }] };
}

function line(number: Form, slope: number, offset: number): Form {
  const terms = slope === 0 ? [] : number.terms.map((term) => ({ ...term, weight: slope * term.weight }));
  return { constant: slope * number.constant + offset, terms };
}

/** A number for each block of values: within it their places from -1 to 1, for all other values {@link ELSEWHERE}. */
export const ELSEWHERE = -3;

/**
 * Lines over one number a block, of which only that of the value at hand is not {@link ELSEWHERE}: for values too many for one number. Every
 * line rises, by at least 1 from -3 to -1 twice over, and the lowest of each block is the same at -1; so those of other blocks lose by at least 2.
 *
 * @param blocks forms that read the number of each block, `size` values each, the last one perhaps fewer
 */
export function blockLogits(blocks: readonly Form[], size: number, values: number): LevelLogits {
  const forms: Form[] = [];
  const nearest = blocks.map((number, block) => {
    const count = Math.min(size, values - block * size);
    const slopes = Array.from({ length: count }, (_, i) => 1 + i * (size - 1));
    const order = slopes.map((_, i) => block * size + i);
    let offset = 0;
    for (const [i, slope] of slopes.entries()) {
      // Halfway between neighbours both lines are equal.
      if (i > 0) offset -= (size - 1) * placeInBlock(i - 0.5, size);
      forms.push(line(number, slope, offset));
    }
    return { number, order, slopes };
  });
  return { forms, nearest };
}

/** Where the i-th of a block's values stands. */
export function placeInBlock(i: number, size: number): number {
  return (2 * i) / (size - 1) - 1;
}
