/** Evaluates `aggregate`: the default, the one selected value as it is, or the mean of several. */

import type { Value } from '../value.ts';
import type { SelectorMatrix } from './selector-matrix.ts';
import type { Sequence } from './sequence.ts';
import { applyBinary } from './values/python-arithmetic.ts';
import { toFloat } from './values/python-text.ts';

/** Thrown where several values that are no numbers would have to be averaged. */
export class AverageError extends Error {
  readonly query: number;
  readonly keys: readonly number[];

  constructor(query: number, keys: readonly number[]) {
    super(`average of non-numbers at ${query}`);
    this.name = 'AverageError';
    this.query = query;
    this.keys = keys;
  }
}

export function evaluateAggregate(selector: SelectorMatrix, sequence: Sequence, otherwise: Value): Value[] {
  const { values, type } = sequence;
  const keys = new Int32Array(values.length);
  const summable = type === 'string' || type === 'bool' ? null : exactlySummable(sequence);
  const result: Value[] = [];
  for (let query = 0; query < values.length; query++) {
    const count = selector.keysOf(query, keys);
    if (count === 0) result.push(otherwise);
    else if (count === 1) result.push(values[keys[0] ?? 0] ?? otherwise);
    else if (type === 'string' || type === 'bool') throw new AverageError(query, [...keys.subarray(0, count)]);
    else result.push(summable === null ? mean(values, keys, count) : fastMean(summable, keys, count));
  }
  return result;
}

/** The values as floats if adding them up in floats is what adding them up in Python is: ints then never round. */
function exactlySummable(sequence: Sequence): Float64Array | null {
  const numbers = sequence.numbers;
  if (numbers === null) return null;
  if (sequence.type === 'float' && sequence.values.every((value) => typeof value === 'number')) return numbers;
  let total = 0;
  sequence.values.forEach((value, index) => {
    if (typeof value !== 'number') total += Math.abs(numbers[index] ?? 0);
  });
  return Number.isSafeInteger(total) ? numbers : null;
}

function fastMean(numbers: Float64Array, keys: Int32Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += numbers[keys[i] ?? 0] ?? 0;
  return sum / count;
}

/** Python's `sum(selected) * 1.0 / n`, from left to right. */
function mean(values: readonly Value[], keys: Int32Array, count: number): number {
  let sum: Value = 0n;
  for (let i = 0; i < count; i++) sum = applyBinary('+', sum, values[keys[i] ?? 0] ?? 0n);
  return toFloat(sum) / count;
}
