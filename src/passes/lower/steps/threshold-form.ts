/**
 * A question that one number answers with a threshold of its own for each value of another variable (`indices + 2 < length`, of what a head
 * counts): a variable that can be read as any function is read as the threshold, and one step of the difference is the answer.
 */
import { floatAt, indexAt, numberAt } from '../../../tensor/number-at.ts';
import { rangeOf } from './level-functions.ts';
import type { Reading, SearchVariable } from './search-variable.ts';

/** How each of two variables is read, the difference of which is the form. */
export interface ThresholdReadings {
  readonly readings: readonly [Reading, Reading];
  readonly weights: readonly [number, number];
}

/**
 * @param entries by combination of the two variables, row-major: one of two values, or less than 0 where it does not matter
 * @returns for each variable that may be read as thresholds of the other, the readings; none where there are more values than two
 */
export function thresholdReadings(variables: readonly [SearchVariable, SearchVariable], entries: Int32Array): ThresholdReadings[] {
  const values = new Set(entries.filter((value) => value >= 0));
  if (values.size !== 2) return [];
  const [first] = values as Iterable<number> as [number];
  const size = variables[1].size;
  return ([0, 1] as const).flatMap((at): ThresholdReadings[] => {
    const [free, other] = at === 0 ? variables : ([variables[1], variables[0]] as const);
    const number = other.readings.at(-1);
    if (!free.free || number === undefined) return [];
    const entry = (f: number, x: number) => indexAt(entries, at === 0 ? f * size + x : x * size + f);
    const found = [true, false].flatMap((rises) => thresholds(free, number.levels, (f, x) => entry(f, x), first, rises) ?? []);
    const [known] = free.readings;
    return found.map((levels) => {
      const own: Reading = {
        levels,
        noise: ((known?.noise ?? 0) * rangeOf(levels)) / (known === undefined ? 1 : rangeOf(known.levels) || 1),
      };
      return at === 0 ? { readings: [own, number], weights: [-1, 1] } : { readings: [number, own], weights: [1, -1] };
    });
  });
}

/** For each value of the free variable a number between those with one answer and those with the other; null where there is none. */
function thresholds(
  free: SearchVariable,
  numbers: Float64Array,
  entry: (f: number, x: number) => number,
  first: number,
  rises: boolean,
): [Float64Array] | null {
  const sorted = Float64Array.from(new Set(numbers)).sort();
  const [least, most] = [floatAt(sorted, 0), numberAt(sorted, sorted.length - 1)];
  const room = sorted.reduce((gap, x, i) => (i === 0 ? gap : Math.min(gap, x - floatAt(sorted, i - 1))), most - least) / 2;
  if (!(room > 0)) return null;
  const levels = new Float64Array(free.size);
  for (let f = 0; f < free.size; f++) {
    let below = least - 2 * room;
    let above = most + 2 * room;
    for (let x = 0; x < numbers.length; x++) {
      const value = entry(f, x);
      if (value < 0) continue;
      if ((value === first) === rises) below = Math.max(below, floatAt(numbers, x));
      else above = Math.min(above, floatAt(numbers, x));
    }
    if (below >= above) return null;
    levels[f] = (below + above) / 2;
  }
  return [levels];
}
