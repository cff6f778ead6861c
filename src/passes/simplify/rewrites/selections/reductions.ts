/** Sums and extremes over what is selected, as heads that count, and heads that ask whether anything is selected. */
import { fail } from '../../../../diagnostics/catalog.ts';
import { isNumeric } from '../../../../graph/domain.ts';
import { type Reduction, reachable, type SOp } from '../../../../graph/graph.ts';
import { distinctNumbers, extremeByThresholds, sumOfWidths, sumPieces } from '../../../../graph/reductions.ts';
import { inferFacts } from '../../../facts/infer-facts.ts';
import type { Rewrite } from '../../rewrite.ts';

/** A head for each value is as much as a model should be asked for. */
const MOST_HEADS = 128;
/** Of fewer values the extreme is one question. */
const LEAST_SCORED = 3;

export const reductions: Rewrite = {
  law: {
    name: 'reductions',
    statement:
      'a sum over s is Σ w·|s and v in M| over sets M and weights w that add up to each value; the largest value is told by how many thresholds t have anything in s and v >= t; of at most one it is that one',
    requires: 'the values are numbers, and few enough for a head each (R4010)',
    ensures: 'no sum is left, and of extremes those that a head finds by its scores',
    example: {
      before: 'm = indicator(tokens == "b"); said = sum_over(full_s, m) + max_over(full_s, m);',
      after:
        'm = indicator(tokens == "b"); said = selector_width(full_s and select(m, 1, ==)) + [0, 1][indicator(selector_width(full_s and select(m, 1, >=)) > 0)];',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: null,
  ruleFor: ({ graph, roots, assumptions, optimizations }) => {
    if (!reachable(roots).some(({ kind }) => kind === 'reduction')) return null;
    const facts = inferFacts(graph, assumptions);
    const byScore = optimizations.has('extreme-heads');
    const expand = (node: Reduction): SOp | null => {
      const isSum = node.operator === 'sum';
      if (!isSum && facts.selectionCount(node.selector).single)
        return graph.aggregate(node.selector, node.value, node.default, node.spans[0]);
      const refuse = (got: string): never => fail('R4010', { form: `${node.operator}_over`, got }, { span: node.spans[0] });
      const { domain } = facts.of(node.value);
      if (domain.kind !== 'finite') return refuse('numbers too many to enumerate');
      if (!isNumeric(domain)) return refuse('strings among them');
      const values = distinctNumbers(domain.values);
      // of values that are equal and told apart, as 1 and True are, the first counts
      if (byScore && !isSum && values.length >= LEAST_SCORED && values.length === domain.values.length) return null;
      const pieces = isSum ? sumPieces(values) : null;
      const heads = pieces?.length ?? values.length;
      if (heads > MOST_HEADS) return refuse(`${heads} values to tell apart (the limit is ${MOST_HEADS})`);
      return pieces === null
        ? extremeByThresholds(graph, node, values, facts.selectionCount(node.selector).nonempty)
        : sumOfWidths(graph, node, pieces, values.length);
    };
    return (node) => (node.kind === 'reduction' ? expand(node) : null);
  },
};
