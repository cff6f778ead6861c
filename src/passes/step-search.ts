/**
 * A finite function of several variables as a piecewise-constant function of one number: finds a linear form of readable numbers
 * under which the function changes rarely. Sums of the variables' own numbers come first (a comparison of two counts is one step);
 * a mixed-radix form always exists, with at worst one step a combination (numerics.md, section 2).
 */

/** One way to read a variable as a number, by value index. */
export interface Reading {
  readonly levels: Float64Array;
}

export interface SearchVariable {
  readonly size: number;
  /** The ways in which it can be read now, the preferred one first. */
  readonly readings: readonly Reading[];
  /** Whether any numbering of its values can be read besides. */
  readonly free: boolean;
}

/** Where the form's number lies in [low, high], the function has this value. */
export interface Piece {
  readonly low: number;
  readonly high: number;
  readonly value: number;
}

export interface StepForm {
  /** For each variable the reading and its weight. */
  readonly parts: readonly { readonly reading: Reading; readonly weight: number }[];
  /** Ascending, disjoint. */
  readonly pieces: readonly Piece[];
  /** The smallest distance between two pieces over the whole range. */
  readonly resolution: number;
}

/** Above this many combinations only the cheapest candidates are tried. */
const SMALL = 40_000;
const CHOICE_LIMIT = 4096;

/**
 * @param entries the function's value (an index) at each combination, row-major over the variables; -1: does not matter
 * @returns the form with the fewest pieces; among equals, the best resolution. Null where no candidate separates the values.
 */
export function findStepForm(variables: readonly SearchVariable[], entries: Int32Array): StepForm | null {
  let best: StepForm | null = null;
  for (const parts of candidates(variables, entries)) {
    const found = evaluate(variables, entries, parts);
    if (found !== null && (best === null || better(found, best))) best = found;
  }
  return best;
}

function better(a: StepForm, b: StepForm): boolean {
  if (a.pieces.length !== b.pieces.length) return a.pieces.length < b.pieces.length;
  return a.resolution > b.resolution;
}

type Parts = StepForm['parts'];

function* candidates(variables: readonly SearchVariable[], entries: Int32Array): Generator<Parts> {
  const small = entries.length <= SMALL;
  const readings = choices(variables.map((v) => v.readings)).slice(0, small ? 8 : 2);
  const weights = variables.length <= (small ? 3 : 2) ? [1, -1, 2, -2] : [1, -1];
  const weightings = choices(variables.map((_, i) => (i === 0 ? [1] : weights))).slice(0, small ? 64 : 4);
  for (const reading of readings) {
    for (const weighting of weightings) yield reading.map((r, i) => ({ reading: r, weight: weighting[i] as number }));
  }
  const ranked = variables.map((v, i) => classRank(variables, entries, i) ?? v.readings);
  for (const reading of [...choices(ranked).slice(0, 2), ...readings]) {
    for (const order of permutations(variables.length)) yield mixedRadix(reading, order);
  }
}

/**
 * The variable's values numbered by what they do to the function, so that values which never differ share a number; null where
 * no reading allows an arbitrary numbering.
 */
function classRank(variables: readonly SearchVariable[], entries: Int32Array, at: number): Reading[] | null {
  const variable = variables[at] as SearchVariable;
  if (!variable.free) return null;
  const inner = variables.slice(at + 1).reduce((n, v) => n * v.size, 1);
  const slices = Array.from({ length: variable.size }, () => [] as number[]);
  for (let i = 0; i < entries.length; i++) slices[Math.floor(i / inner) % variable.size]?.push(entries[i] as number);
  const classes = new Map<string, number>();
  const levels = Float64Array.from(slices, (slice) => {
    const key = slice.join();
    const known = classes.get(key) ?? classes.size;
    classes.set(key, known);
    return known;
  });
  return [{ levels }];
}

/** Weights that make the earlier variables of `order` outweigh the later ones. */
function mixedRadix(readings: readonly Reading[], order: readonly number[]): Parts {
  const parts: { reading: Reading; weight: number }[] = [];
  let span = 0;
  let gap = 1;
  for (const i of [...order].reverse()) {
    const reading = readings[i] as Reading;
    const sorted = Float64Array.from(reading.levels).sort();
    const range = (sorted.at(-1) as number) - (sorted[0] as number);
    const smallest = smallestGap(sorted);
    const weight = range === 0 ? 0 : span === 0 ? 1 : (span + gap) / smallest;
    if (span === 0) gap = smallest;
    span += weight * range;
    parts[i] = { reading, weight };
  }
  return parts;
}

function smallestGap(sorted: Float64Array): number {
  let gap = Number.POSITIVE_INFINITY;
  for (let i = 1; i < sorted.length; i++) {
    const distance = (sorted[i] as number) - (sorted[i - 1] as number);
    if (distance > 0) gap = Math.min(gap, distance);
  }
  return gap;
}

function evaluate(variables: readonly SearchVariable[], entries: Int32Array, parts: Parts): StepForm | null {
  const numbers = new Float64Array(entries.length);
  let inner = entries.length;
  for (const [i, { reading, weight }] of parts.entries()) {
    const size = (variables[i] as SearchVariable).size;
    inner /= size;
    if (weight === 0) continue;
    for (let at = 0; at < numbers.length; at++) {
      numbers[at] = (numbers[at] as number) + weight * (reading.levels[Math.floor(at / inner) % size] as number);
    }
  }
  const pieces = piecesOf(numbers, entries);
  if (pieces === null) return null;
  const range = (pieces.at(-1)?.high ?? 0) - (pieces[0]?.low ?? 0);
  let gap = Number.POSITIVE_INFINITY;
  for (let i = 1; i < pieces.length; i++) gap = Math.min(gap, (pieces[i] as Piece).low - (pieces[i - 1] as Piece).high);
  return { parts, pieces, resolution: pieces.length === 1 ? 1 : gap / range };
}

/**
 * The maximal runs of one value along the sorted numbers; null where one number has two values. Numbers closer than rounding of
 * the sums can tell apart are one number.
 */
export function piecesOf(numbers: Float64Array, values: Int32Array): Piece[] | null {
  const order = Uint32Array.from(numbers, (_, i) => i).sort((a, b) => (numbers[a] as number) - (numbers[b] as number));
  const pieces: { low: number; high: number; value: number }[] = [];
  const blur = 1e-12 * Math.max(1, Math.abs(numbers[order[0] as number] ?? 0), Math.abs(numbers[order.at(-1) as number] ?? 0));
  for (const i of order) {
    const value = values[i] as number;
    if (value < 0) continue;
    const x = numbers[i] as number;
    const last = pieces.at(-1);
    if (last?.value === value) last.high = x;
    else if (last !== undefined && x - last.high <= blur) return null;
    else pieces.push({ low: x, high: x, value });
  }
  return pieces;
}

/** Every way to take one item of each list, the first list varying slowest. */
function choices<Item>(lists: readonly (readonly Item[])[]): Item[][] {
  let result: Item[][] = [[]];
  for (const list of lists) {
    if (result.length * list.length > CHOICE_LIMIT) result = result.map((head) => [...head, list[0] as Item]);
    else result = result.flatMap((head) => list.map((item) => [...head, item]));
  }
  return result;
}

/** All orders of up to three variables; of more, the natural one and its reverse. */
function permutations(count: number): number[][] {
  const natural = Array.from({ length: count }, (_, i) => i);
  if (count > 3) return [natural, [...natural].reverse()];
  return choices(natural.map(() => natural)).filter((order) => new Set(order).size === count);
}
