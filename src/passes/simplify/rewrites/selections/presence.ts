/** Whether anything is selected, asked of a mean instead of a count: a head answers that with a gap of 1, whatever the context. */
import { compareValues } from '../../../../graph/evaluate/values/python-arithmetic.ts';
import type { BinaryOperator, ComparisonOperator, SOp } from '../../../../graph/graph.ts';
import type { Rewrite } from '../../rewrite.ts';

export const presence: Rewrite = {
  law: {
    name: 'presence',
    statement:
      'a comparison of |s| with a constant that all of 1, 2, …, N answer alike, and 0 otherwise, is whether the mean of 1 over s, else 0, is 1, or is not',
    requires: 'the comparison tells 0 from every count up to the longest input, and no two of those apart',
    ensures: 'no count is asked merely whether it is 0',
    example: {
      before: 'said = selector_width(select(tokens, tokens, ==) and select(indices, indices, <)) > 0;',
      after: 'said = aggregate(select(tokens, tokens, ==) and select(indices, indices, <), 1, 0) == 1;',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: 'presence',
  ruleFor: ({ graph, assumptions: { context } }) => {
    const ask = (node: SOp, operator: ComparisonOperator, other: SOp, flipped: boolean): SOp | null => {
      if (node.kind !== 'width' || other.kind !== 'constant' || typeof other.value === 'string') return null;
      const holds = (count: number) =>
        flipped ? compareValues(operator, other.value, BigInt(count)) : compareValues(operator, BigInt(count), other.value);
      const some = holds(1);
      if (holds(0) === some) return null;
      for (let count = 1; count <= context; count++) if (holds(count) !== some) return null;
      const any = graph.aggregate(node.selector, graph.constant(1n), 0n, node.spans[0]);
      return graph.binary(some ? '==' : '!=', any, graph.constant(1n));
    };
    return (node) => {
      if (node.kind !== 'elementwise' || node.operation.kind !== 'binary' || !isComparison(node.operation.operator)) return null;
      const { operator } = node.operation;
      const [left, right] = node.args as [SOp, SOp];
      return ask(left, operator, right, false) ?? ask(right, operator, left, true);
    };
  },
};

function isComparison(operator: BinaryOperator): operator is ComparisonOperator {
  return ['==', '!=', '<', '>', '<=', '>='].includes(operator);
}
