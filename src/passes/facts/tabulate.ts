/** Tables of elementwise operations: the value at every combination of the variables' values, computed once for each distinct case. */

import { spend } from '../../circuit/effort.ts';
import { compareForOrder, type Domain } from '../../graph/domain.ts';
import { applyOperation } from '../../graph/evaluate/values/apply-operation.ts';
import { EvaluationError } from '../../graph/evaluate/values/evaluation-error.ts';
import type { Elementwise, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Fact, Shape } from './facts.ts';

/** Entries of a table that are no index of a value. */
export const FAILS = -1;
/** The combination of variables does not occur in any input. */
export const UNREACHABLE = -2;

/** What one entry takes. */
const TURNS_AN_ENTRY = 10;

export interface Table {
  readonly domain: Domain & { readonly kind: 'finite' };
  readonly shape: Shape & { readonly kind: 'table' };
}

/** Reads one argument at a combination of variables: an index into `values`, or -1 where the argument itself fails. */
export interface ArgumentReader {
  readonly values: readonly Value[];
  readonly at: (digits: Int32Array) => number;
}

export function constantReader(value: Value): ArgumentReader {
  return { values: [value], at: () => 0 };
}

export function variableReader(values: readonly Value[], position: number): ArgumentReader {
  return { values, at: (digits) => digits[position] as number };
}

export function argumentReader(node: SOp, fact: Fact, order: readonly SOp[], sizes: readonly number[]): ArgumentReader {
  const { shape, domain } = fact;
  if (shape.kind !== 'table') return variableReader((domain as { values: readonly Value[] }).values, order.indexOf(node));
  const positions = shape.variables.map((v) => order.indexOf(v));
  const radices = positions.map((p) => sizes[p] as number);
  return {
    values: shape.values,
    at: (digits) => {
      let index = 0;
      for (let i = 0; i < positions.length; i++) index = index * (radices[i] as number) + (digits[positions[i] as number] as number);
      return shape.entries[index] as number;
    },
  };
}

/** Tabulates an operation, applying it once to each distinct tuple of argument values. */
export function tabulateOperation(
  node: Elementwise,
  order: readonly SOp[],
  sizes: readonly number[],
  args: readonly ArgumentReader[],
  occurs: (digits: Int32Array) => boolean = () => true,
): Table {
  const found = new FoundValues();
  const results = knownResults(product(args.map(({ values }) => values.length)), product(sizes));
  return tabulateEntries(order, sizes, found, (_, digits) => {
    if (!occurs(digits)) return UNREACHABLE;
    let key = 0;
    for (const arg of args) {
      const index = arg.at(digits);
      if (index < 0) return index === UNREACHABLE ? UNREACHABLE : FAILS;
      key = key * arg.values.length + index;
    }
    const known = results.get(key);
    if (known !== undefined) return known;
    const result = succeed(() =>
      applyOperation(
        node.operation,
        args.map((arg) => arg.values[arg.at(digits)] as Value),
      ),
    );
    const entry = result === undefined ? FAILS : found.indexOf(result);
    results.set(key, entry);
    return entry;
  });
}

/** What an operation gave for a tuple of arguments: where there are not many tuples, in a place for each, which is several times faster. */
interface KnownResults {
  readonly get: (tuple: number) => number | undefined;
  readonly set: (tuple: number, entry: number) => void;
}

/** Tuples up to which each has its place (16 MB), and how many there may be for each that is asked about. */
const MOST_PLACES = 2 ** 22;
const PLACES_EACH = 8;

function knownResults(tuples: number, asked: number): KnownResults {
  if (!(tuples <= Math.min(MOST_PLACES, PLACES_EACH * asked))) {
    const known = new Map<number, number>();
    return { get: (tuple) => known.get(tuple), set: (tuple, entry) => known.set(tuple, entry) };
  }
  // entries begin at UNREACHABLE, and 0 is nothing yet
  const places = new Int32Array(tuples);
  const first = 1 - UNREACHABLE;
  return {
    get: (tuple) => (places[tuple] === 0 ? undefined : (places[tuple] as number) - first),
    set: (tuple, entry) => {
      places[tuple] = entry + first;
    },
  };
}

/** The value, or undefined where the program itself fails on these arguments. */
export function succeed<Result>(compute: () => Result): Result | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof EvaluationError) return undefined;
    throw error;
  }
}

/** @param at the value of a combination; undefined where the program fails, null where the combination does not occur */
export function tabulate(
  variables: readonly SOp[],
  sizes: readonly number[],
  at: (index: number, digits: Int32Array) => Value | undefined | null,
): Table {
  const found = new FoundValues();
  return tabulateEntries(variables, sizes, found, (index, digits) => {
    const value = at(index, digits);
    return value === undefined ? FAILS : value === null ? UNREACHABLE : found.indexOf(value);
  });
}

/** @param at an index among the values found so far, {@link FAILS} or {@link UNREACHABLE} */
function tabulateEntries(
  variables: readonly SOp[],
  sizes: readonly number[],
  { values }: FoundValues,
  at: (index: number, digits: Int32Array) => number,
): Table {
  const total = product(sizes);
  spend(TURNS_AN_ENTRY * total);
  const raw = new Int32Array(total);
  const digits = new Int32Array(sizes.length);
  for (let index = 0; index < total; index++) {
    raw[index] = at(index, digits);
    for (let i = sizes.length - 1; i >= 0; i--) {
      digits[i] = (digits[i] as number) + 1;
      if ((digits[i] as number) < (sizes[i] as number)) break;
      digits[i] = 0;
    }
  }
  const order = values.map((_, i) => i).sort((a, b) => compareForOrder(values[a] as Value, values[b] as Value));
  const rank = new Int32Array(values.length);
  order.forEach((old, now) => {
    rank[old] = now;
  });
  const sorted = order.map((i) => values[i] as Value);
  const shape: Table['shape'] = { kind: 'table', variables, values: sorted, entries: raw.map((e) => (e < 0 ? e : (rank[e] as number))) };
  return { domain: { kind: 'finite', values: sorted }, shape };
}

/** Distinct values in the order in which they are found. A table can have a million entries, so no text is made of any. */
class FoundValues {
  readonly values: Value[] = [];
  readonly #places = new Map<Value | symbol, number>();

  indexOf(value: Value): number {
    // a map holds -0 for 0, which are two values
    const key = Object.is(value, -0) ? NEGATIVE_ZERO : value;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}

const NEGATIVE_ZERO = Symbol('-0');

export function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}

/** The table with the combinations that give other values known not to occur. */
export function restrict({ shape }: Table, keeps: (value: Value) => boolean): Table {
  const kept = shape.values.filter(keeps);
  const rank = new Map(kept.map((value, i) => [value, i]));
  const entries = shape.entries.map((e) => (e < 0 ? e : (rank.get(shape.values[e] as Value) ?? UNREACHABLE)));
  return { domain: { kind: 'finite', values: kept }, shape: { ...shape, values: kept, entries } };
}
