/** Comparisons of `x + c` at the keys as comparisons of x: whatever is known of x, as that it is a rank, is then known of the keys. */
import { type Graph, reachable, type Select, type SOp } from '../../../../graph/graph.ts';
import type { Facts } from '../../../facts/facts.ts';
import { inferFacts } from '../../../facts/infer-facts.ts';
import type { Rewrite } from '../../rewrite.ts';

export const movedConstants: Rewrite = {
  law: {
    name: 'moved-constants',
    statement: 'select(x + c, y + d, op) selects what select(x, y + (d - c), op) does',
    requires: 'integers, and keys that depend on more than the position',
    ensures: 'no constant is added to what keys are',
    example: {
      before: 'r = selector_width(select(tokens, tokens, <)); said = selector_width(select(r + 1, indices + 1, ==));',
      after: 'r = selector_width(select(tokens, tokens, <)); said = selector_width(select(r, indices, ==));',
      causal: false,
      sees: 'bidirectional',
    },
  },
  optimization: 'constant-positions',
  ruleFor: ({ graph, assumptions }) => {
    let facts: Facts | null = null;
    const isWhole = (node: SOp) => {
      facts ??= inferFacts(graph, assumptions);
      const { domain } = facts.of(node);
      return domain.kind === 'finite' && domain.values.every((value) => typeof value === 'bigint');
    };
    return (node) => (node.kind === 'select' ? moved(node, graph, isWhole) : null);
  },
};

function moved({ keys, queries, operator, spans }: Select, graph: Graph, isWhole: (node: SOp) => boolean): Select | null {
  const [key, query] = [withoutConstant(keys), withoutConstant(queries)];
  const isPositional = !reachable([key.node]).some(({ kind }) => kind === 'tokens');
  if (key.constant === 0n || isPositional || !isWhole(key.node) || !isWhole(query.node)) return null;
  const rest = query.constant - key.constant;
  const sum = rest > 0n ? graph.binary('+', query.node, graph.constant(rest)) : graph.binary('-', query.node, graph.constant(-rest));
  return graph.select(key.node, rest === 0n ? query.node : sum, operator, spans[0]);
}

/** An s-op as another and what is added to it. */
function withoutConstant(node: SOp): { readonly node: SOp; readonly constant: bigint } {
  if (node.kind !== 'elementwise' || node.operation.kind !== 'binary') return { node, constant: 0n };
  const { operator } = node.operation;
  const [left, right] = node.args as [SOp, SOp];
  const isSum = operator === '+' || operator === '-';
  if (isSum && right.kind === 'constant' && typeof right.value === 'bigint') {
    const inner = withoutConstant(left);
    return { node: inner.node, constant: inner.constant + (operator === '+' ? right.value : -right.value) };
  }
  if (operator !== '+' || left.kind !== 'constant' || typeof left.value !== 'bigint') return { node, constant: 0n };
  const inner = withoutConstant(right);
  return { node: inner.node, constant: inner.constant + left.value };
}
