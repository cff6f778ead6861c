/** The largest of what a condition chooses, else the least there is: the largest among the keys that meet the condition. */
import { type Graph, type Reduction, reachable, type Selector, type SOp } from '../../../../graph/graph.ts';
import { type Value, valuesEqual } from '../../../../graph/value.ts';
import type { Facts } from '../../../facts/facts.ts';
import { inferFacts } from '../../../facts/infer-facts.ts';
import { selectsAll } from '../../../facts/total-order.ts';
import type { Rewrite } from '../../rewrite.ts';

export const chosenExtremes: Rewrite = {
  law: {
    name: 'chosen-extremes',
    statement:
      'the largest over s of v where c holds, else a number d that is no more than any v, is the largest of v over those of s at which c holds, or d where there is none; so is the smallest, of d that is no less',
    requires: 'integers, and a selector that always selects something, or d for its default',
    ensures: 'no extreme is taken of a choice between values and one that loses to all of them',
    example: {
      before: 'said = max_over(full_s, indices if tokens == "a" else 0);',
      after: 'said = max_over(select(tokens, "a", ==), indices, 0);',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: 'chosen-extremes',
  ruleFor: ({ graph, roots, assumptions }) => {
    if (!reachable(roots).some(({ kind }) => kind === 'reduction')) return null;
    let facts: Facts | null = null;
    const known = () => {
      facts ??= inferFacts(graph, assumptions);
      return facts;
    };
    return (node) => (node.kind === 'reduction' && node.operator !== 'sum' ? amongChosen(node, graph, known) : null);
  },
};

function amongChosen(node: Reduction, graph: Graph, known: () => Facts): SOp | null {
  const { operator, selector, spans } = node;
  const chosen = chosenIn(node.value, graph);
  if (chosen === null) return null;
  const { condition, value, otherwise } = chosen;
  const facts = known();
  const loses = (other: Value) => typeof other === 'bigint' && (operator === 'max' ? otherwise <= other : otherwise >= other);
  const { domain } = facts.of(value);
  if (domain.kind !== 'finite' || !domain.values.every(loses)) return null;
  if (!facts.selectionCount(selector).nonempty && !valuesEqual(node.default, otherwise)) return null;
  const { domain: holds } = facts.of(condition);
  if (holds.kind !== 'finite' || !holds.values.every((each) => typeof each === 'boolean')) return null;
  const met = graph.select(...asComparison(condition, graph));
  const among: Selector = selectsAll(selector) ? met : graph.and(selector, met, spans[0]);
  return graph.reduction(operator, among, value, otherwise, spans[0]);
}

interface Chosen {
  readonly condition: SOp;
  readonly value: SOp;
  readonly otherwise: bigint;
}

/** A choice whose other branch is a constant, or a product with an indicator. */
function chosenIn(node: SOp, graph: Graph): Chosen | null {
  if (node.kind !== 'elementwise') return null;
  const [first, second, third] = node.args as [SOp, SOp, SOp];
  if (node.operation.kind === 'choose') {
    if (third.kind === 'constant' && typeof third.value === 'bigint') return { condition: first, value: second, otherwise: third.value };
    const isFirst = second.kind === 'constant' && typeof second.value === 'bigint';
    return isFirst ? { condition: graph.unary('not', first), value: third, otherwise: second.value as bigint } : null;
  }
  if (node.operation.kind !== 'binary' || node.operation.operator !== '*') return null;
  for (const [factor, value] of [
    [first, second],
    [second, first],
  ] as const) {
    const isIndicator = factor.kind === 'elementwise' && factor.operation.kind === 'unary' && factor.operation.operator === 'indicator';
    if (isIndicator) return { condition: factor.args[0] as SOp, value, otherwise: 0n };
  }
  return null;
}

/** A condition on a key as what a selector compares. */
function asComparison(condition: SOp, graph: Graph): Parameters<Graph['select']> {
  if (condition.kind === 'elementwise' && condition.operation.kind === 'binary') {
    const [left, right] = condition.args as [SOp, SOp];
    const { operator } = condition.operation;
    const isKnown =
      operator === '==' || operator === '!=' || operator === '<' || operator === '>' || operator === '<=' || operator === '>=';
    if (isKnown && right.kind === 'constant') return [left, right, operator];
  }
  return [condition, graph.constant(true), '=='];
}
