/** A selector as conditions that must all hold, each a boolean expression over comparisons of a key's s-op with a query's. */
import { EvaluationError } from '../../graph/evaluate/values/evaluation-error.ts';
import { compareValues } from '../../graph/evaluate/values/python-arithmetic.ts';
import { assertNever, type Select, type Selector, type SOp } from '../../graph/graph.ts';
import { equalityKey, type Value } from '../../graph/value.ts';
import type { NodeValues } from './node-values.ts';

export type Condition =
  | { readonly kind: 'comparison'; readonly select: Select; readonly isNegated: boolean }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] };

/** The conditions that together are the selector, which must have no extremes inside. */
export function conditionsOf(selector: Selector): readonly Condition[] {
  const condition = normalForm(selector, false);
  return condition.kind === 'and' ? condition.parts : [condition];
}

function normalForm(selector: Selector, isNegated: boolean): Condition {
  switch (selector.kind) {
    case 'select':
      return { kind: 'comparison', select: selector, isNegated };
    case 'not':
      return normalForm(selector.selector, !isNegated);
    case 'and':
    case 'or': {
      const kind = (selector.kind === 'and') === isNegated ? 'or' : 'and';
      const parts = [normalForm(selector.left, isNegated), normalForm(selector.right, isNegated)];
      return { kind, parts: parts.flatMap((part) => (part.kind === kind ? part.parts : [part])) };
    }
    case 'rightmost':
    case 'leftmost':
      throw new Error(`${selector.kind} is no condition on one key`);
    default:
      return assertNever(selector);
  }
}

export function comparisonsOf(condition: Condition): Select[] {
  return condition.kind === 'comparison' ? [condition.select] : condition.parts.flatMap(comparisonsOf);
}

/** Whether a key is selected, by the indices of the values that the compared s-ops have there and at the query. */
export type Predicate = (key: (node: SOp) => number, query: (node: SOp) => number) => boolean;

export function predicateOf(conditions: readonly Condition[], values: NodeValues): Predicate {
  const tests = conditions.map((condition) => testOf(condition, values));
  return (key, query) => tests.every((test) => test(key, query));
}

function testOf(condition: Condition, values: NodeValues): Predicate {
  if (condition.kind !== 'comparison') {
    const parts = condition.parts.map((part) => testOf(part, values));
    return condition.kind === 'and'
      ? (key, query) => parts.every((part) => part(key, query))
      : (key, query) => parts.some((part) => part(key, query));
  }
  const { keys, queries, operator } = condition.select;
  const [keyValues, queryValues] = [values.valuesOf(keys), values.valuesOf(queries)];
  if (operator === '==' || operator === '!=') {
    // equal values have one number, so that no table of all pairs is kept
    const numbers = new Map<string, number>();
    const numbersOf = (listed: readonly Value[]) =>
      Float64Array.from(listed, (value) => {
        if (Number.isNaN(value)) return Number.NaN;
        const key = equalityKey(value);
        const number = numbers.get(key) ?? numbers.size;
        numbers.set(key, number);
        return number;
      });
    const [ofKeys, ofQueries] = [numbersOf(keyValues), numbersOf(queryValues)];
    const isWanted = (operator === '==') !== condition.isNegated;
    return (key, query) => (ofKeys[key(keys)] === ofQueries[query(queries)]) === isWanted;
  }
  const known = new Int8Array(keyValues.length * queryValues.length);
  return (key, query) => {
    const [k, q] = [key(keys), query(queries)];
    const at = k * queryValues.length + q;
    if (known[at] === 0) known[at] = compares(operator, keyValues[k] as Value, queryValues[q] as Value) ? 1 : -1;
    return (known[at] === 1) !== condition.isNegated;
  };
}

/** Two values that cannot be compared do not meet on an input on which the program has a value. */
function compares(operator: Select['operator'], key: Value, query: Value): boolean {
  try {
    return compareValues(operator, key, query);
  } catch (error) {
    if (error instanceof EvaluationError) return false;
    throw error;
  }
}
