/** Functions given by their numbers at each value or combination of values: composed with tables, split into sums, seen as lines. */
import { numericValue } from '../../../graph/domain.ts';
import { type Value, valuesEqual } from '../../../graph/value.ts';
import { floatAt, indexAt } from '../../../tensor/number-at.ts';
import type { Interval } from './nearest-level.ts';

/** A function of each value. A typed array's own `from` lists all values first, and whoever reads each of a thousand indicators waits for it. */
export function levelsOf(values: readonly Value[], level: (value: Value, index: number) => number): Float64Array {
  const levels = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) levels[i] = level(values[i] as Value, i);
  return levels;
}

/** Each number as an interval of its own; equal numbers share theirs, since indicators of a thousand values are a million zeros. */
export function pointsOf(levels: Float64Array): (readonly Interval[])[] {
  const known = new Map<number, readonly Interval[]>();
  const points: (readonly Interval[])[] = [];
  for (const x of levels) {
    const own = known.get(x) ?? [{ low: x, high: x }];
    known.set(x, own);
    points.push(own);
  }
  return points;
}

/** For each of sorted values the first that equals it: 1 and 1.0 stand side by side. */
export function firstEqual(values: readonly Value[]): Int32Array {
  const first = new Int32Array(values.length);
  for (let i = 1; i < values.length; i++) {
    first[i] = valuesEqual(values[i] as Value, values[i - 1] as Value) ? (first[i - 1] as number) : i;
  }
  return first;
}

/** The level of every combination; NaN where it does not matter. */
export function compose(entries: Int32Array, levels: Float64Array): Float64Array {
  const composed = new Float64Array(entries.length);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as number;
    composed[i] = entry < 0 ? Number.NaN : (levels[entry] as number);
  }
  return composed;
}

/** A number for the combinations that do not matter, so that a function is defined everywhere. */
export function filled(levels: Float64Array): Float64Array {
  const some = levels.find((x) => !Number.isNaN(x)) ?? 0;
  return levels.map((x) => (Number.isNaN(x) ? some : x));
}

/** A function that is a sum: `origin + Σ part_i(x_i)`. */
export interface AdditiveParts {
  readonly origin: number;
  readonly parts: readonly Float64Array[];
}

/**
 * A function of several variables as a sum of one of each, where it is that wherever it matters. Where what matters is scattered, a sum may be missed.
 *
 * @param composed the function at each combination, row-major; NaN where it does not matter
 */
export function additiveParts(composed: Float64Array, sizes: readonly number[]): AdditiveParts | null {
  const strides = sizes.map((_, i) => sizes.slice(i + 1).reduce((a, b) => a * b, 1));
  const valueAt = (index: number, i: number) => Math.floor(index / (strides[i] as number)) % (sizes[i] as number);
  const origin = composed.find((x) => !Number.isNaN(x)) ?? 0;
  const parts = partsFrom(composed, origin, sizes, valueAt);
  const tolerance = 1e-9 * Math.max(1, ...parts.map((p) => p.reduce((m, x) => Math.max(m, Math.abs(x)), 0)));
  for (let index = 0; index < composed.length; index++) {
    if (Number.isNaN(composed[index])) continue;
    let sum = origin;
    for (let i = 0; i < sizes.length; i++) sum += floatAt(parts[i] as Float64Array, valueAt(index, i));
    if (!(Math.abs(sum - (composed[index] as number)) <= tolerance)) return null;
  }
  return { origin, parts };
}

/** The only sum that it can be: a combination of whose parts one is unknown says that one. Where none does, all but one are free, and 0. */
function partsFrom(
  composed: Float64Array,
  origin: number,
  sizes: readonly number[],
  valueAt: (index: number, i: number) => number,
): readonly Float64Array[] {
  const parts = sizes.map((size) => new Float64Array(size).fill(Number.NaN));
  const partAt = (index: number, i: number) => floatAt(parts[i] as Float64Array, valueAt(index, i));
  const set = (index: number, i: number, part: number) => {
    (parts[i] as Float64Array)[valueAt(index, i)] = part;
  };
  /** Whether all parts of a combination are known now. */
  const settle = (index: number): boolean => {
    let unknown = -1;
    let rest = (composed[index] as number) - origin;
    for (let i = 0; i < sizes.length; i++) {
      const part = partAt(index, i);
      if (!Number.isNaN(part)) rest -= part;
      else if (unknown >= 0) return false;
      else unknown = i;
    }
    if (unknown >= 0) set(index, unknown, rest);
    return true;
  };
  const free = (index: number) => {
    const unknown = sizes.map((_, i) => i).filter((i) => Number.isNaN(partAt(index, i)));
    for (const i of unknown.slice(1)) set(index, i, 0);
  };
  let open: number[] = [];
  for (let index = 0, isFirst = true; index < composed.length; index++) {
    if (Number.isNaN(composed[index])) continue;
    if (isFirst) free(index);
    isFirst = false;
    if (!settle(index)) open.push(index);
  }
  while (open.length > 0) {
    const left = open.filter((index) => !settle(index));
    if (left.length === open.length) free(left[0] as number);
    open = left;
  }
  return parts.map(filledWithZero);
}

function filledWithZero(levels: Float64Array): Float64Array {
  return levels.map((x) => (Number.isNaN(x) ? 0 : x));
}

export function lineThrough(values: readonly Value[], levels: Float64Array): { slope: number; offset: number } | null {
  const numbers = values.map(numericValue);
  const last = numbers.length - 1;
  const slope = ((levels[last] as number) - (levels[0] as number)) / ((numbers[last] as number) - (numbers[0] as number));
  const offset = (levels[0] as number) - slope * (numbers[0] as number);
  const scale = 1e-9 * levels.reduce((most, level) => Math.max(most, Math.abs(level)), 1);
  return numbers.every((x, i) => Math.abs(offset + slope * x - (levels[i] as number)) <= scale) ? { slope, offset } : null;
}

/** A function of two variables rises along one of them at most this many times as fast as along the other, for a sum of both to be tried. */
const STEEPEST = 4;

/**
 * Weights of two variables whose sum rises about as the function does, the smaller of them 1; none where they are equal, or one far outweighs the
 * other.
 *
 * @param entries by combination, row-major, an index of `values`; less than 0 where it does not matter
 * @param numbers each variable's own, ascending
 */
export function slopesOf(
  entries: Int32Array,
  values: Float64Array,
  numbers: readonly [Float64Array, Float64Array],
): readonly (readonly [number, number])[] {
  const [rows, columns] = numbers;
  const at = (row: number, column: number) => indexAt(entries, row * columns.length + column);
  const along = (own: Float64Array, other: Float64Array, entry: (i: number, j: number) => number) => {
    let [rise, run] = [0, 0];
    for (let j = 0; j < other.length; j++) {
      const known = Array.from(own.keys()).filter((i) => entry(i, j) >= 0);
      const [low, high] = [known[0], known.at(-1)];
      if (low === undefined || high === undefined) continue;
      rise += floatAt(values, entry(high, j)) - floatAt(values, entry(low, j));
      run += floatAt(own, high) - floatAt(own, low);
    }
    return run === 0 ? 0 : rise / run;
  };
  const first = along(rows, columns, (i, j) => at(i, j));
  const second = along(columns, rows, (i, j) => at(j, i));
  const ratio = Math.round(Math.max(Math.abs(first), Math.abs(second)) / Math.min(Math.abs(first), Math.abs(second)));
  if (!(ratio > 1 && ratio <= STEEPEST)) return [];
  const isFirst = Math.abs(first) > Math.abs(second);
  return [[Math.sign(first) * (isFirst ? ratio : 1), Math.sign(second) * (isFirst ? 1 : ratio)]];
}

/** How far the largest number is from the smallest. */
export function rangeOf(levels: Float64Array): number {
  let [low, high] = [levels[0] ?? 0, levels[0] ?? 0];
  for (const level of levels) {
    low = Math.min(low, level);
    high = Math.max(high, level);
  }
  return high - low;
}

/** By value the first that has the same number. */
export function firstWithNumber(levels: Float64Array): Int32Array {
  const known = new Map<number, number>();
  const first = new Int32Array(levels.length);
  for (let value = 0; value < levels.length; value++) {
    const level = floatAt(levels, value);
    const before = known.get(level);
    if (before === undefined) known.set(level, value);
    first[value] = before ?? value;
  }
  return first;
}

/** The level at each place, 0 where there is none (a place below 0). */
export function levelsAt(places: Int32Array, levels: Float64Array): Float64Array {
  const found = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) {
    const place = indexAt(places, i);
    if (place >= 0) found[i] = floatAt(levels, place);
  }
  return found;
}
