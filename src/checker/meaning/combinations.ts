/**
 * Combinations of values that s-ops can have at one position, by enumeration of what they are made of. A combination may be listed that
 * no input has, but none is left out that one does.
 */

import { applyOperation } from '../../graph/evaluate/values/apply-operation.ts';
import { EvaluationError } from '../../graph/evaluate/values/evaluation-error.ts';
import type { Elementwise, Selector, SOp } from '../../graph/graph.ts';
import { type Value, valueKey } from '../../graph/value.ts';
import { numberAt } from '../../tensor/number-at.ts';

export interface Combinations {
  readonly count: number;
  /** For each combination the index of the s-op's value among its values. */
  column(node: SOp): Int32Array;
}

/** What enumeration has to know of s-ops. */
export interface ValueSource {
  readonly causal: boolean;
  valuesOf(node: SOp): readonly Value[];
  indexOf(node: SOp, value: Value): number | undefined;
  selectsEverything(selector: Selector): boolean;
}

/** All combinations of `variables`, with the values of `wanted`, which follow from them. */
export function enumerate(wanted: readonly SOp[], variables: readonly SOp[], source: ValueSource): Combinations {
  const total = variables.reduce((product, node) => product * source.valuesOf(node).length, 1);
  const columns = new Map<SOp, Int32Array>();
  let inner = total;
  for (const node of variables) {
    const size = source.valuesOf(node).length;
    inner /= size;
    const column = new Int32Array(total);
    for (let at = 0; at < total; at++) column[at] = Math.floor(at / inner) % size;
    columns.set(node, column);
  }
  const occurs = new Uint8Array(total).fill(1);
  excludeCounts(variables, columns, occurs, source);
  for (const node of nodesBetween(wanted, new Set(variables))) {
    columns.set(node, node.kind === 'elementwise' ? evaluateColumn(node, columns, occurs, source) : new Int32Array(total));
  }
  const kept: number[] = [];
  for (let at = 0; at < total; at++) if (occurs[at] === 1) kept.push(at);
  const packed = new Map<SOp, Int32Array>();
  return {
    count: kept.length,
    column(node) {
      let column = packed.get(node);
      if (column === undefined) {
        const whole = columns.get(node);
        if (whole === undefined) throw new Error('an s-op that was not asked for');
        column = kept.length === total ? whole : Int32Array.from(kept, (at) => numberAt(whole, at));
        packed.set(node, column);
      }
      return column;
    },
  };
}

/** The combinations of `nodes` that are in both lists. */
export function inBoth(some: Combinations, others: Combinations, nodes: readonly SOp[]): Combinations {
  const keysOf = (combinations: Combinations) => {
    const columns = nodes.map((node) => combinations.column(node));
    return (at: number) => columns.map((column) => numberAt(column, at)).join(' ');
  };
  const [keyOf, otherKeyOf] = [keysOf(some), keysOf(others)];
  const known = new Set<string>();
  for (let at = 0; at < others.count; at++) known.add(otherKeyOf(at));
  const kept: number[] = [];
  for (let at = 0; at < some.count; at++) if (known.has(keyOf(at))) kept.push(at);
  const columns = new Map(nodes.map((node) => [node, Int32Array.from(kept, (at) => numberAt(some.column(node), at))]));
  return {
    count: kept.length,
    column(node) {
      const column = columns.get(node);
      if (column === undefined) throw new Error('an s-op that was not asked for');
      return column;
    },
  };
}

/** The value that each combination of `variables` gives an elementwise s-op, without duplicates; those without a value are left out. */
export function imageOf(node: Elementwise, variables: readonly SOp[], source: ValueSource): Value[] {
  const combinations = enumerate(node.args, variables, source);
  const args = node.args.map((arg) => ({ values: source.valuesOf(arg), column: combinations.column(arg) }));
  const seen = new Set<number>();
  const found = new Map<string, Value>();
  for (let at = 0; at < combinations.count; at++) {
    const key = keyAt(args, at);
    if (seen.has(key)) continue;
    seen.add(key);
    const value = resultAt(node, args, at);
    if (value !== undefined) found.set(valueKey(value), value);
  }
  return [...found.values()];
}

interface Argument {
  readonly values: readonly Value[];
  readonly column: Int32Array;
}

/** A column of values. Combinations on which the program fails, or that give a value known not to occur, are struck out. */
function evaluateColumn(node: Elementwise, columns: ReadonlyMap<SOp, Int32Array>, occurs: Uint8Array, source: ValueSource): Int32Array {
  const args = node.args.map((arg) => ({ values: source.valuesOf(arg), column: columns.get(arg) as Int32Array }));
  const column = new Int32Array(occurs.length);
  const found = new Map<number, number>();
  for (let at = 0; at < column.length; at++) {
    if (occurs[at] === 0) continue;
    const key = keyAt(args, at);
    let index = found.get(key);
    if (index === undefined) {
      const value = resultAt(node, args, at);
      index = value === undefined ? -1 : (source.indexOf(node, value) ?? -1);
      found.set(key, index);
    }
    if (index < 0) occurs[at] = 0;
    else column[at] = index;
  }
  return column;
}

function keyAt(args: readonly Argument[], at: number): number {
  let key = 0;
  for (const { values, column } of args) key = key * values.length + numberAt(column, at);
  return key;
}

/** The value of an operation; undefined where there is none. */
function resultAt(node: Elementwise, args: readonly Argument[], at: number): Value | undefined {
  return attempt(() =>
    applyOperation(
      node.operation,
      args.map(({ values, column }) => values[numberAt(column, at)] as Value),
    ),
  );
}

/** What is computed; undefined where the program has no value. */
export function attempt<Result>(compute: () => Result): Result | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof EvaluationError) return undefined;
    throw error;
  }
}

/** The s-ops that `nodes` are computed from and that follow from `variables`, arguments first. */
function nodesBetween(nodes: readonly SOp[], variables: ReadonlySet<SOp>): SOp[] {
  const found = new Set<SOp>();
  const pending = nodes.filter((node) => !variables.has(node));
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    if (node.kind === 'elementwise') for (const arg of node.args) if (!variables.has(arg)) pending.push(arg);
  }
  return [...found].sort((a, b) => a.id - b.id);
}

/** What `nodes` are made of: elementwise s-ops are taken apart, but for those in `stop`. */
export function variablesBelow(nodes: readonly SOp[], stop: ReadonlySet<SOp>): SOp[] {
  const found = new Set<SOp>();
  const seen = new Set<SOp>();
  const pending = [...nodes];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind === 'constant') continue;
    if (node.kind === 'elementwise' && !stop.has(node)) pending.push(...node.args);
    else found.add(node);
  }
  return [...found].sort((a, b) => a.id - b.id);
}

/** No count exceeds what there is to count, and no position lies outside of the input. */
function excludeCounts(variables: readonly SOp[], columns: ReadonlyMap<SOp, Int32Array>, occurs: Uint8Array, source: ValueSource): void {
  const numbers = (node: SOp) => {
    const own = source.valuesOf(node);
    return Float64Array.from(columns.get(node) as Int32Array, (index) => Number(own[index]));
  };
  const counts = variables.filter((node) => node.kind === 'width').map(numbers);
  const position = variables.find(({ kind }) => kind === 'indices');
  const length = variables.find((node) => node.kind === 'width' && source.selectsEverything(node.selector));
  if (position === undefined && length === undefined) return;
  const positions = position && numbers(position);
  const lengths = length && numbers(length);
  for (let at = 0; at < occurs.length; at++) {
    const place = positions?.[at] ?? 0;
    const seen = Math.min(lengths?.[at] ?? Number.POSITIVE_INFINITY, positions && source.causal ? place + 1 : Number.POSITIVE_INFINITY);
    if (counts.some((count) => numberAt(count, at) > seen)) occurs[at] = 0;
    if (lengths !== undefined && place >= numberAt(lengths, at)) occurs[at] = 0;
  }
}

/** One combination for each different tuple of the columns' entries; null columns are the same everywhere. */
export function distinctRows(count: number, columns: readonly (Int32Array | null)[]): number[] {
  const own = [...new Set(columns.filter((column) => column !== null))];
  const sizes = own.map((column) => column.reduce((most, x) => Math.max(most, x + 1), 1));
  const seen = new Set<number | string>();
  const isSmall = sizes.reduce((product, size) => product * size, 1) < Number.MAX_SAFE_INTEGER;
  const rows: number[] = [];
  for (let at = 0; at < count; at++) {
    let key = 0;
    for (let c = 0; c < own.length; c++) key = key * numberAt(sizes, c) + numberAt(own[c] as Int32Array, at);
    const unique = isSmall ? key : own.map((column) => column[at]).join(' ');
    if (seen.has(unique)) continue;
    seen.add(unique);
    rows.push(at);
  }
  return rows;
}
