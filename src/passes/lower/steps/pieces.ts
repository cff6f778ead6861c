/** A function of one number as the pieces of it that have one value each. */

/** Where the form's number lies in [low, high], the function has this value. */
export interface Piece {
  readonly low: number;
  readonly high: number;
  readonly value: number;
}

/** Whole numbers up to which each has a place of its own, for each number that there is. */
const PLACES_EACH = 4;

/**
 * The maximal runs of one value along the sorted numbers; null where one number has two values. Numbers closer than rounding of
 * the sums can tell apart are one number. A value below 0 does not matter.
 */
export function piecesOf(numbers: Float64Array, values: Int32Array): Piece[] | null {
  let [largest, least, most] = [1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let isWhole = true;
  for (const x of numbers) {
    largest = Math.max(largest, Math.abs(x));
    least = Math.min(least, x);
    most = Math.max(most, x);
    isWhole &&= Number.isInteger(x);
  }
  const finest = 2 ** (Math.ceil(Math.log2(largest)) - 40);
  // Whole numbers without wide gaps have a place each; of others, those that rounding cannot tell apart share one.
  const isDense = isWhole && 4 * finest <= 1 && most - least < PLACES_EACH * numbers.length;
  const grid = isDense ? 1 : finest;
  // Most candidates put two values on one number, and are given up here without sorting.
  const valueAt = isDense ? new PlaceValues(least, most) : new CellValues(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const value = values[i] as number;
    if (value < 0) continue;
    const cell = isDense ? (numbers[i] as number) : Math.round((numbers[i] as number) / grid);
    if (valueAt.of(cell, value) !== value) return null;
  }
  const pieces: { low: number; high: number; value: number }[] = [];
  for (const cell of valueAt.cells()) {
    const value = valueAt.of(cell, -1);
    const x = cell * grid;
    const last = pieces.at(-1);
    if (last?.value === value) last.high = x;
    else if (last !== undefined && !isDense && x - last.high <= 2 * grid) return null;
    else pieces.push({ low: x, high: x, value });
  }
  return pieces;
}

/** The value of each whole number that has one: a hash table without an object for every number, of which there are a hundred thousand and more. */
class CellValues {
  readonly #cells: Float64Array;
  readonly #values: Int32Array;
  #count = 0;

  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * most + 2));
    this.#cells = new Float64Array(size);
    this.#values = new Int32Array(size).fill(-1);
  }

  /** The value there, which is this one from now on where there is none. */
  of(cell: number, value: number): number {
    const mask = this.#values.length - 1;
    let at = hashOf(cell) & mask;
    while ((this.#values[at] as number) >= 0) {
      if (this.#cells[at] === cell) return this.#values[at] as number;
      at = (at + 1) & mask;
    }
    // 0 and -0 are one number
    this.#cells[at] = cell + 0;
    this.#values[at] = value;
    this.#count++;
    return value;
  }

  /** In ascending order. */
  cells(): Float64Array {
    const cells = new Float64Array(this.#count);
    let next = 0;
    for (let at = 0; at < this.#values.length; at++) if ((this.#values[at] as number) >= 0) cells[next++] = this.#cells[at] as number;
    return cells.sort();
  }
}

/** The same where each whole number of a range has its place. */
class PlaceValues {
  readonly #least: number;
  readonly #values: Int32Array;

  constructor(least: number, most: number) {
    this.#least = least;
    this.#values = new Int32Array(most - least + 1).fill(-1);
  }

  of(cell: number, value: number): number {
    const known = this.#values[cell - this.#least] as number;
    if (known >= 0) return known;
    if (value >= 0) this.#values[cell - this.#least] = value;
    return value;
  }

  *cells(): Generator<number> {
    for (let at = 0; at < this.#values.length; at++) if ((this.#values[at] as number) >= 0) yield at + this.#least;
  }
}

function hashOf(cell: number): number {
  const mixed = Math.imul(cell ^ Math.floor(cell / 2 ** 32), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
