/** What an elementwise node does at one position. */

import { assertNever, type Operation, type Table } from '../../graph.ts';
import type { Value } from '../../value.ts';
import { noResult } from './evaluation-error.ts';
import { applyBinary, applyUnary, describeValue, truthy } from './python-arithmetic.ts';
import { sourceText } from './python-text.ts';
import { textFunction } from './text-functions.ts';

/** A function of as many values as the node has arguments. Throws an EvaluationError where there is no result. */
export type Applied = (a: Value, b: Value, c: Value) => Value;

const known = new WeakMap<Operation, Applied>();

/** The operation as a function, made once: tables and lists are indexed by key. */
export function operationFunction(operation: Operation): Applied {
  let applied = known.get(operation);
  if (applied === undefined) {
    applied = makeFunction(operation);
    known.set(operation, applied);
  }
  return applied;
}

/** The operation on the values of its arguments at one position. Throws an EvaluationError where there is no result. */
export function applyOperation(operation: Operation, values: readonly Value[]): Value {
  const [a = false, b = false, c = false] = values;
  return operationFunction(operation)(a, b, c);
}

function makeFunction(operation: Operation): Applied {
  switch (operation.kind) {
    case 'binary': {
      const { operator } = operation;
      // On s-ops `and` and `or` give bools, not one of their operands.
      if (operator === 'and') return (a, b) => truthy(a) && truthy(b);
      if (operator === 'or') return (a, b) => truthy(a) || truthy(b);
      return (a, b) => applyBinary(operator, a, b);
    }
    case 'unary': {
      const { operator } = operation;
      return operator === 'indicator' ? (a) => (truthy(a) ? 1n : 0n) : (a) => applyUnary(operator, a);
    }
    case 'choose':
      return (condition, then, otherwise) => (truthy(condition) ? then : otherwise);
    case 'member': {
      const keys = new Set(operation.values.map(equalityKey));
      return (a) => keys.has(equalityKey(a));
    }
    case 'text':
      return textFunction(operation.name, operation.argument);
    case 'lookup':
      return lookup(operation.table);
    default:
      return assertNever(operation);
  }
}

/** Equal values, in Python's sense, have the same key: 1, 1.0 and True do. */
export function equalityKey(value: Value): string | number | bigint {
  if (typeof value === 'string') return `s${value}`;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value === 0 ? 0 : value;
  const float = Number(value);
  return Number.isSafeInteger(float) || (Number.isFinite(float) && BigInt(float) === value) ? float : value;
}

function lookup(table: Table): Applied {
  switch (table.kind) {
    case 'list':
      return (index) => elementAt(table.items, index, 'list');
    case 'string': {
      const characters = [...table.text];
      return (index) => elementAt(characters, index, 'string');
    }
    case 'dictionary': {
      const entries = new Map(table.entries.map(([key, value]) => [equalityKey(key), value]));
      const keys = table.entries.map(([key]) => `\`${sourceText(key)}\``);
      return (key) => {
        const value = entries.get(equalityKey(key));
        return value === undefined ? noResult('R3014', { key: `\`${sourceText(key)}\``, known: keys }) : value;
      };
    }
    default:
      return assertNever(table);
  }
}

/** Python's indexing: bools count as ints, and negative indices from the end. */
export function elementAt<T>(items: readonly T[], index: Value, container: 'list' | 'string'): T {
  const at = typeof index === 'boolean' ? BigInt(index) : index;
  if (typeof at !== 'bigint') return noResult('R3012', { container: `a ${container}`, wanted: 'an int', got: describeValue(index) });
  const length = BigInt(items.length);
  if (at >= length || -at > length) return noResult('R3013', { index: `\`${at}\``, container, length: items.length });
  return items[Number(at < 0n ? at + length : at)] as T;
}
