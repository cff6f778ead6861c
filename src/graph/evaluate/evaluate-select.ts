/** Evaluates `select`: compares every key with every query, as floats where that is exact and as ranks where it is not. */

import type { ComparisonOperator } from '../graph.ts';
import type { Value } from '../value.ts';
import { SelectorMatrix } from './selector-matrix.ts';
import type { Sequence } from './sequence.ts';
import { equalityKey } from './values/apply-operation.ts';
import { compareStrings, compareValues } from './values/python-arithmetic.ts';

const LESS = 1;
const EQUAL = 2;
const GREATER = 4;
/** Neither less nor equal nor greater: one of the two is nan. */
const UNORDERED = 8;

const ACCEPTED: Readonly<Record<ComparisonOperator, number>> = {
  '==': EQUAL,
  '!=': LESS | GREATER | UNORDERED,
  '<': LESS,
  '>': GREATER,
  '<=': LESS | EQUAL,
  '>=': GREATER | EQUAL,
};

/**
 * `keys[j] operator queries[i]` for query i and key j, in a causal program for j <= i only. Throws an EvaluationError where
 * the operator cannot order the two.
 */
export function evaluateSelect(keys: Sequence, queries: Sequence, operator: ComparisonOperator, causal: boolean): SelectorMatrix {
  const size = keys.values.length;
  const matrix = new SelectorMatrix(size);
  const [keyCodes, queryCodes] = codes(keys, queries, operator);
  const accepted = ACCEPTED[operator];
  const { words, stride } = matrix;
  for (let i = 0; i < size; i++) {
    const query = queryCodes[i] ?? 0;
    const end = causal ? i + 1 : size;
    let word = 0;
    for (let j = 0; j < end; j++) {
      const key = keyCodes[j] ?? 0;
      const order = key < query ? LESS : key === query ? EQUAL : key > query ? GREATER : UNORDERED;
      if ((order & accepted) !== 0) word |= 1 << (j & 31);
      if ((j & 31) === 31 || j === end - 1) {
        words[i * stride + (j >>> 5)] = word;
        word = 0;
      }
    }
  }
  return matrix;
}

/** Numbers that compare as the values do. */
function codes(keys: Sequence, queries: Sequence, operator: ComparisonOperator): readonly [Float64Array, Float64Array] {
  const keyNumbers = keys.type === 'string' ? null : keys.numbers;
  const queryNumbers = queries.type === 'string' ? null : queries.numbers;
  if (keyNumbers !== null && queryNumbers !== null) return [keyNumbers, queryNumbers];
  if (operator === '==' || operator === '!=') return identities(keys.values, queries.values);
  // The first pair fails as every pair would: a sequence is all strings or all numbers.
  compareValues(operator, keys.values[0] ?? 0n, queries.values[0] ?? 0n);
  return ranks(keys.values, queries.values);
}

/** A number for each distinct value; nan is equal to nothing. */
function identities(keys: readonly Value[], queries: readonly Value[]): readonly [Float64Array, Float64Array] {
  const known = new Map<string | number | bigint, number>();
  const identity = (value: Value): number => {
    const key = equalityKey(value);
    if (Number.isNaN(key)) return Number.NaN;
    let id = known.get(key);
    if (id === undefined) {
      id = known.size;
      known.set(key, id);
    }
    return id;
  };
  return [Float64Array.from(keys, identity), Float64Array.from(queries, identity)];
}

/** Each value's rank among the distinct values of both sides. */
function ranks(keys: readonly Value[], queries: readonly Value[]): readonly [Float64Array, Float64Array] {
  const distinct = new Map<string | number | bigint, Value>();
  for (const value of [...keys, ...queries]) distinct.set(equalityKey(value), value);
  const nan = distinct.delete(Number.NaN);
  const ordered = [...distinct].sort(([, a], [, b]) =>
    typeof a === 'string' && typeof b === 'string' ? compareStrings(a, b) : compareValues('<', a, b) ? -1 : 1,
  );
  const rank = new Map(ordered.map(([key], index) => [key, index]));
  if (nan) rank.set(Number.NaN, Number.NaN);
  const rankOf = (value: Value): number => rank.get(equalityKey(value)) ?? Number.NaN;
  return [Float64Array.from(keys, rankOf), Float64Array.from(queries, rankOf)];
}
