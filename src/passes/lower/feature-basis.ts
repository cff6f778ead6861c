/**
 * The features that a register encodes, gathered on demand: a function of the variable that is a linear combination of what is
 * there already costs nothing; any other becomes one more dimension. A register of indicators can express every function.
 */
import type { Branch, Feature, Form, Register, Term } from '../../circuit/circuit.ts';
import { spend } from '../../circuit/effort.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { grouped } from '../grouped.ts';

/** Largest coefficient that a combination of existing features may have, relative to the function's own size. */
const CONDITION_LIMIT = 4;
const RESIDUAL_TOLERANCE = 1e-10;
/** What is left of a feature that is a combination of others: rounding. */
const DEPENDENT = 1e-9;
/** Parts that one function may be written in, and how small one is not worth a dimension. */
const PARTS = 4;
const NEGLIGIBLE_PART = 2 ** -26;
/** What one number of a feature takes. */
const TURNS_A_LEVEL = 3;

/** A register under construction; terms may refer to it while it grows. */
export interface GrowingRegister extends Register {
  encoding: Register['encoding'];
  readonly features: Feature[];
  branchOf?: readonly Branch[];
}

export function growingRegister(id: number, name: string, node: SOp, values: readonly Value[] | null): GrowingRegister {
  return { id, name, spans: node.spans, node, encoding: 'features', values, features: [] };
}

/** Makes the register's producer write a feature with these levels, and says which number stands at BOS then. */
export type Produce = (levels: Float64Array, feature: number) => number;

/** Which numbers there are. */
export interface Numbers {
  /** The nearest one that a producer can write: a function with others is written in parts, each of which takes what the ones before leave. */
  readonly level: (level: number) => number;
  /** Whether sums are rounded so much that a function is better written again than read as a sum that is not exact. */
  readonly isCoarse: boolean;
}

const ANY_NUMBERS: Numbers = { level: (level) => level, isCoarse: false };

export class FeatureBasis {
  readonly register: GrowingRegister;
  readonly #size: number;
  readonly #produce: Produce;
  readonly #numbers: Numbers;
  /** Values at which every feature so far has one number: what varies among them is no combination of features. */
  #alike: readonly number[];
  /** How many features {@link #rows} know: they are taken in when a function might be a combination of them. */
  #known = 0;
  /** In echelon form: the constant, then one for each independent feature. */
  readonly #rows: EchelonRow[] = [];

  constructor(register: GrowingRegister, size: number, produce: Produce, numbers: Numbers = ANY_NUMBERS) {
    this.register = register;
    this.#numbers = numbers;
    this.#size = size;
    this.#produce = produce;
    this.#alike = Array.from({ length: size }, (_, value) => value);
    this.#rows.push({ pivot: 0, levels: sparse(new Float64Array(size).fill(1)), parts: sparse(Float64Array.of(1)) });
  }

  /** A form equal to `levels[v]` wherever the variable has value v. */
  read(levels: Float64Array): Form {
    return this.readKnown(levels) ?? this.#readNew(levels);
  }

  /** Adds the register's only feature, of a producer that can write no other. */
  addOnly(levels: Float64Array, spread: Float64Array | null): void {
    this.#addFeature(levels, spread);
  }

  /**
   * Gives the register a dimension for each value if nothing is in it yet: what many indicator functions together need.
   * @param encoding `dummy` leaves the last value without one: whatever it needs is a constant less the others
   */
  makeIndicators(encoding: 'one-hot' | 'dummy'): void {
    if (this.register.features.length > 0) return;
    this.register.encoding = encoding;
    for (let v = 0; v < (encoding === 'dummy' ? this.#size - 1 : this.#size); v++) {
      const levels = new Float64Array(this.#size);
      levels[v] = 1;
      this.#addFeature(levels);
    }
  }

  /** Of indicators every function is a combination. */
  #readIndicators(levels: Float64Array): Form {
    const { encoding, features } = this.register;
    const constant = encoding === 'dummy' ? (levels[this.#size - 1] as number) : 0;
    const terms: Term[] = [];
    for (let v = 0; v < features.length; v++) {
      const weight = (levels[v] as number) - constant;
      if (weight !== 0) terms.push({ register: this.register, feature: v, weight });
    }
    return { constant, terms };
  }

  /** Like {@link read}, of the features that are there already; null where they cannot express the function. */
  readKnown(levels: Float64Array): Form | null {
    if (this.register.encoding !== 'features') return this.#readIndicators(levels);
    const scale = largest(levels);
    if (scale === 0) return { constant: 0, terms: [] };
    const common = levels[this.#alike[0] as number] as number;
    if (this.#alike.some((value) => Math.abs((levels[value] as number) - common) > RESIDUAL_TOLERANCE * scale)) return null;
    while (this.#known < this.register.features.length) this.#eliminate(this.#known++);
    const residual = levels.slice();
    const coefficients = new Float64Array(this.register.features.length + 1);
    this.#reduce(residual, coefficients, 1);
    if (largest(residual) > RESIDUAL_TOLERANCE * scale) return null;
    const terms: Term[] = [];
    for (let f = 0; f < this.register.features.length; f++) {
      const weight = cleaned(coefficients[f + 1] as number, scale);
      if (Math.abs(weight) > CONDITION_LIMIT * scale) return null;
      if (weight !== 0) terms.push({ register: this.register, feature: f, weight });
    }
    const constant = cleaned(coefficients[0] as number, scale);
    return this.#numbers.isCoarse && !this.#isExact(terms) ? null : { constant, terms };
  }

  /** Whether nothing of the sum is rounded: one number times a power of two, or a few multiples of a common unit. */
  #isExact(terms: readonly Term[]): boolean {
    if (terms.length === 1) return Number.isInteger(Math.log2(Math.abs(terms[0]?.weight ?? 1)));
    return terms.every(({ feature, weight }) => {
      const levels = this.register.features[feature]?.levels ?? [];
      return isDyadic(weight) && levels.every(isDyadic);
    });
  }

  #readNew(levels: Float64Array): Form {
    const low = smallestOf(levels);
    const high = largestOf(levels);
    const shift = Math.max(low, 0) + Math.min(high, 0);
    const shifted = levels.map((x) => x - shift);
    const scale = 2 ** Math.ceil(Math.log2(largest(shifted)));
    return { constant: shift, terms: this.#addParts(shifted.map((x) => x / scale)).map((t) => ({ ...t, weight: t.weight * scale })) };
  }

  /** New features that add up to the levels, each times a power of two that keeps it as large as 1. */
  #addParts(levels: Float64Array): Term[] {
    const terms: Term[] = [];
    let left = levels;
    for (let weight = 1; terms.length < PARTS && largest(left) > 0; ) {
      const part = left.map(this.#numbers.level);
      terms.push({ register: this.register, feature: this.#addFeature(part), weight });
      const rest = left.map((x, v) => x - (part[v] as number));
      const unit = 2 ** Math.floor(Math.log2(Math.max(largest(rest), Number.MIN_VALUE)));
      left = rest.map((x) => x / unit);
      weight *= unit;
      if (weight < NEGLIGIBLE_PART) break;
    }
    return terms;
  }

  #addFeature(levels: Float64Array, spread: Float64Array | null = null): number {
    spend(TURNS_A_LEVEL * this.#size, this.register);
    const index = this.register.features.length;
    const bos = this.#produce(levels, index);
    this.register.features.push({
      levels,
      spread,
      low: Math.min(bos, smallestOf(levels)),
      high: Math.max(bos, largestOf(levels)),
      bos,
      unit: 1,
    });
    if (this.register.encoding === 'features') this.#alike = largestGroup(this.#alike, (value) => levels[value] as number);
    return index;
  }

  /** Takes off what rows have of a function, and adds up what they are made of. */
  #reduce(residual: Float64Array, parts: Float64Array, sign: 1 | -1): void {
    spend(this.#rows.length, this.register);
    for (const row of this.#rows) {
      const along = residual[row.pivot] as number;
      if (along === 0) continue;
      spend((row.levels.indices.length + row.parts.indices.length) / 2, this.register);
      addScaled(residual, row.levels, -along);
      residual[row.pivot] = 0;
      addScaled(parts, row.parts, sign * along);
    }
  }

  #eliminate(index: number): void {
    const { levels } = this.register.features[index] as Feature;
    const residual = (levels as Float64Array).slice();
    const parts = new Float64Array(index + 2);
    parts[index + 1] = 1;
    this.#reduce(residual, parts, -1);
    let pivot = 0;
    for (let v = 1; v < residual.length; v++) if (Math.abs(residual[v] as number) > Math.abs(residual[pivot] as number)) pivot = v;
    const size = residual[pivot] as number;
    if (Math.abs(size) < DEPENDENT) return;
    this.#rows.push({ pivot, levels: sparse(residual.map((x) => x / size)), parts: sparse(parts.map((x) => x / size)) });
  }
}

/**
 * A combination of features that is 1 at its pivot and 0 at the pivots of all rows before it. Codes are mostly indicators and thresholds, of
 * which little is left, so that a thousand functions of a thousand values are soon compared.
 */
interface EchelonRow {
  readonly pivot: number;
  readonly levels: SparseVector;
  /** Of the constant, feature 0, feature 1, … */
  readonly parts: SparseVector;
}

interface SparseVector {
  readonly indices: Int32Array;
  readonly numbers: Float64Array;
}

function sparse(vector: Float64Array): SparseVector {
  let count = 0;
  for (const x of vector) if (x !== 0) count++;
  const indices = new Int32Array(count);
  const numbers = new Float64Array(count);
  let at = 0;
  for (let i = 0; i < vector.length; i++) {
    if (vector[i] === 0) continue;
    indices[at] = i;
    numbers[at++] = vector[i] as number;
  }
  return { indices, numbers };
}

function largestGroup(values: readonly number[], levelAt: (value: number) => number): readonly number[] {
  const groups = [...grouped(values, levelAt).values()];
  return groups.reduce((largest, group) => (group.length > largest.length ? group : largest), []);
}

/** Integers (relative to the function's size) that rounding has blurred are restored, so that weights stay exact. */
function cleaned(weight: number, scale: number): number {
  const unit = 2 ** (Math.floor(Math.log2(scale)) - 10);
  const rounded = Math.round(weight / unit) * unit;
  return Math.abs(rounded - weight) < 1e-9 * scale ? rounded : weight;
}

/** Whether it is a small multiple of 1/64. */
function isDyadic(x: number): boolean {
  return Number.isInteger(64 * x) && Math.abs(x) <= 4;
}

/** Adds a multiple of a vector. */
function addScaled(to: Float64Array, { indices, numbers }: SparseVector, weight: number): void {
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i] as number;
    to[at] = (to[at] as number) + weight * (numbers[i] as number);
  }
}

function largest(a: Float64Array): number {
  let result = 0;
  for (const x of a) result = Math.max(result, Math.abs(x));
  return result;
}

function smallestOf(a: Float64Array): number {
  let result = Number.POSITIVE_INFINITY;
  for (const x of a) result = Math.min(result, x);
  return result;
}

function largestOf(a: Float64Array): number {
  let result = Number.NEGATIVE_INFINITY;
  for (const x of a) result = Math.max(result, x);
  return result;
}
