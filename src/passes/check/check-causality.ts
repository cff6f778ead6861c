/**
 * Proves, for a program that is not declared causal, that none of its selectors ever selects a position to the right: then a causal
 * model computes it as it stands.
 */

import { EvaluationError } from '../../graph/evaluate/values/evaluation-error.ts';
import { compareValues } from '../../graph/evaluate/values/python-arithmetic.ts';
import { assertNever, type ComparisonOperator, type Selector } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Facts } from '../facts/facts.ts';
import { valuesByPosition } from '../facts/positional.ts';

/** Whether a selector selects: yes, no, or it depends on the input. */
type Verdict = boolean | null;

export function isProvenCausal(selector: Selector, facts: Facts): boolean {
  const { context } = facts.assumptions;
  const check = verdictOf(selector, facts);
  for (let query = 0; query < context; query++) {
    for (let key = query + 1; key < context; key++) if (check(key, query) !== false) return false;
  }
  return true;
}

function verdictOf(selector: Selector, facts: Facts): (key: number, query: number) => Verdict {
  switch (selector.kind) {
    case 'select': {
      const keys = valuesByPosition(selector.keys, facts);
      const queries = valuesByPosition(selector.queries, facts);
      if (keys === null || queries === null) return () => null;
      return (key, query) => compares(selector.operator, keys[key], queries[query]);
    }
    case 'and':
    case 'or': {
      const [left, right] = [verdictOf(selector.left, facts), verdictOf(selector.right, facts)];
      const decisive = selector.kind === 'or';
      return (key, query) => {
        const [a, b] = [left(key, query), right(key, query)];
        if (a === decisive || b === decisive) return decisive;
        return a === null || b === null ? null : !decisive;
      };
    }
    case 'not': {
      const inner = verdictOf(selector.selector, facts);
      return (key, query) => {
        const verdict = inner(key, query);
        return verdict === null ? null : !verdict;
      };
    }
    case 'rightmost':
    case 'leftmost': {
      const inner = verdictOf(selector.selector, facts);
      return (key, query) => (inner(key, query) === false ? false : null);
    }
    default:
      return assertNever(selector);
  }
}

function compares(operator: ComparisonOperator, key: Value | undefined, query: Value | undefined): Verdict {
  if (key === undefined || query === undefined) return null;
  try {
    return compareValues(operator, key, query);
  } catch (error) {
    if (error instanceof EvaluationError) return null;
    throw error;
  }
}
