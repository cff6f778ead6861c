/** A comparison of a width that only asks whether it is 0 asks whether the mean of 1 over what is selected, else 0, is 1. */
import { compareValues } from '../../../../graph/evaluate/values/python-arithmetic.ts';
import type { ComparisonOperator, SOp } from '../../../../graph/graph.ts';
import type { CheckedLaw } from '../law.ts';

export const presence: CheckedLaw = {
  name: 'presence',
  sops({ graph, context, proves }, original, claimed) {
    if (original.kind !== 'elementwise' || original.operation.kind !== 'binary' || claimed.kind !== 'elementwise') return false;
    const operator = original.operation.operator as ComparisonOperator;
    if (!COMPARISONS.has(operator)) return false;
    const [left, right] = original.args as [SOp, SOp];
    const [width, other, isFlipped] = left.kind === 'width' ? [left, right, false] : [right, left, true];
    if (width.kind !== 'width' || other.kind !== 'constant' || typeof other.value === 'string') return false;
    const holds = (count: number) =>
      isFlipped ? compareValues(operator, other.value, BigInt(count)) : compareValues(operator, BigInt(count), other.value);
    const some = holds(1);
    if (holds(0) === some) return false;
    for (let count = 2; count <= context; count++) if (holds(count) !== some) return false;
    const [asked] = claimed.args as [SOp];
    if (graph.binary(some ? '==' : '!=', asked, graph.constant(1n)) !== claimed) return false;
    return proves(graph.aggregate(width.selector, graph.constant(1n), 0n), asked);
  },
};

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=']);
