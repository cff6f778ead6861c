/** Two selectors that each name a position, of which a query finds but one: one selector that names whichever is within the input. */
import type { Graph, Select, Selector, SOp } from '../../../../graph/graph.ts';
import type { Facts } from '../../../facts/facts.ts';
import { inferFacts } from '../../../facts/infer-facts.ts';
import type { Rewrite } from '../../rewrite.ts';

export const eitherPosition: Rewrite = {
  law: {
    name: 'either-position',
    statement:
      'select(indices, p, ==) or select(indices, q, ==), of which no query finds two positions, is select(indices, p if p >= 0 and p is seen else q, ==)',
    requires: 'no query finds two positions: what is compared are positions and lengths, and every length shows it',
    ensures: 'no head has to match the product of two positions that exclude each other',
    example: {
      before: 'said = aggregate(select(indices, indices - 3, ==) or select(indices, 2 - indices, ==), tokens, "-");',
      after: 'p = indices - 3; j = p if p >= 0 and p <= indices else 2 - indices; said = aggregate(select(indices, j, ==), tokens, "-");',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: 'either-position',
  ruleFor: ({ graph, assumptions }) => {
    let facts: Facts | null = null;
    return (node) => {
      if (node.kind !== 'or') return null;
      const [left, right] = [positionOf(node.left, graph), positionOf(node.right, graph)];
      if (left === null || right === null) return null;
      facts ??= inferFacts(graph, assumptions);
      if (!facts.selectionCount(node).single) return null;
      const position = graph.elementwise({ kind: 'choose' }, [isSeen(left, graph, assumptions.causal), left, right], node.spans[0]);
      return graph.select(graph.indices(), position, '==', node.spans[0]);
    };
  },
};

/** The position that a selector names; null of any other. */
function positionOf(selector: Selector, graph: Graph): SOp | null {
  const isNamed = (node: Selector): node is Select => node.kind === 'select' && node.operator === '==' && node.keys === graph.indices();
  return isNamed(selector) ? selector.queries : null;
}

function isSeen(position: SOp, graph: Graph, causal: boolean): SOp {
  const length = graph.width(graph.select(graph.constant(1n), graph.constant(1n), '=='));
  const inside = causal ? graph.binary('<=', position, graph.indices()) : graph.binary('<', position, length);
  return graph.binary('and', graph.binary('>=', position, graph.constant(0n)), inside);
}
