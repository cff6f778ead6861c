/** The width of an `or` as a sum of widths, where it joins comparisons of different s-ops: no head then has to match their product. */
import { reachable, type Selector, type SOp } from '../../../../graph/graph.ts';
import { areDisjoint } from '../../../facts/total-order.ts';
import type { Rewrite } from '../../rewrite.ts';

export const splitWidths: Rewrite = {
  law: {
    name: 'split-widths',
    statement: '|a or b| = |a| + |b| - |a and b|, and the last is nothing where a and b are disjoint',
    requires: 'more than one s-op on the side of the keys or of the queries, what depends on the position alone being one',
    ensures: 'a width has no `or` over different s-ops outermost',
    example: {
      before:
        'a = select(tokens, "a", ==) and select(indices, 1, !=) and select(indices, 3, !=); said = selector_width(a or select(indices, 2, ==));',
      after:
        'a = select(tokens, "a", ==) and select(indices, 1, !=) and select(indices, 3, !=); b = select(indices, 2, ==); said = selector_width(a) + selector_width(b) - selector_width(a and b);',
      causal: false,
      sees: 'bidirectional',
    },
  },
  optimization: 'split-widths',
  ruleFor: ({ graph, optimizations, splits }) => {
    const together = optimizations.has('positions-together');
    const split = (selector: Selector): SOp => {
      if (!isCut(selector, together)) return graph.width(selector, selector.spans[0]);
      const sum = graph.binary('+', split(selector.left), split(selector.right), selector.spans[0]);
      if (areDisjoint(selector.left, selector.right)) return sum;
      return graph.binary('-', sum, graph.width(graph.and(selector.left, selector.right), selector.spans[0]), selector.spans[0]);
    };
    return (node) => {
      if (node.kind !== 'width') return null;
      const sum = split(node.selector);
      if (sum.kind !== 'width') splits.set(sum, node.selector);
      return sum;
    };
  },
};

/** How many widths the width of a selector becomes. */
export function widthsOf(selector: Selector, positionsTogether: boolean): number {
  if (!isCut(selector, positionsTogether)) return 1;
  const parts = widthsOf(selector.left, positionsTogether) + widthsOf(selector.right, positionsTogether);
  return areDisjoint(selector.left, selector.right) ? parts : parts + 1;
}

/** Whether the width of a selector is a sum of those of its two sides. */
function isCut(selector: Selector, positionsTogether: boolean): selector is Selector & { readonly kind: 'or' } {
  return selector.kind === 'or' && operands(selector, positionsTogether).size > 2;
}

/** What an s-op of nothing but positions is a function of, else itself. */
function base(node: SOp): string {
  return reachable([node]).every((n) => n.kind === 'indices' || n.kind === 'constant' || n.kind === 'elementwise') ? 'index' : `${node.id}`;
}

/** The s-ops that a selector compares, by side. */
function operands(selector: Selector, positionsTogether: boolean): Set<string> {
  const nameOf = (node: SOp) => (positionsTogether ? base(node) : `${node.id}`);
  const sides = new Set<string>();
  for (const node of reachable([selector])) {
    if (node.kind === 'select') sides.add(`k${nameOf(node.keys)}`).add(`q${nameOf(node.queries)}`);
  }
  return sides;
}
