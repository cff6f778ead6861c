/** The values of an s-op on one input: one for each position, all of one type. */
import type { Value, ValueType } from '../value.ts';

/** How much each token counts where it is not a single one, in the order of the positions; empty for no token. */
export type Mixture = readonly { readonly token: Value; readonly share: number }[];

/** By position; where one is, the sequence's value is nan, which equals nothing either. */
export type Mixtures = ReadonlyMap<number, Mixture>;

/**
 * All strings are "string", all bools "bool", ints with or without bools "int", other mixtures of numbers "float". The values
 * themselves are not converted: in `[0, 0.5]` the first stays an int.
 */
export class Sequence {
  readonly values: readonly Value[];
  readonly type: ValueType;
  /** Of tokens of an open vocabulary: where there is not a single one. Null for everything else. */
  readonly mixtures: Mixtures | null;
  #numbers: Float64Array | null | undefined;

  constructor(values: readonly Value[], type: ValueType, mixtures: Mixtures | null = null) {
    this.values = values;
    this.type = type;
    this.mixtures = mixtures;
  }

  /** The values as floats, or null where one is a string or an int that a float cannot hold exactly. */
  get numbers(): Float64Array | null {
    this.#numbers ??= exactNumbers(this.values);
    return this.#numbers;
  }
}

/** The type of a sequence of these values; null where strings and others are mixed. */
export function sequenceType(values: readonly Value[]): ValueType | null {
  let strings = 0;
  let bools = 0;
  let ints = 0;
  for (const value of values) {
    const type = typeof value;
    if (type === 'bigint') ints++;
    else if (type === 'boolean') bools++;
    else if (type === 'string') strings++;
  }
  if (strings > 0) return strings === values.length ? 'string' : null;
  if (bools === values.length) return 'bool';
  return ints + bools === values.length ? 'int' : 'float';
}

function exactNumbers(values: readonly Value[]): Float64Array | null {
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === 'string') return null;
    const number = Number(value);
    if (typeof value === 'bigint' && !Number.isSafeInteger(number)) return null;
    numbers[i] = number;
  }
  return numbers;
}
