/** Where the target's attention sees every position, what a causal program attends says itself that no later position is meant. */
import type { Selector } from '../../../../graph/graph.ts';
import type { Rewrite } from '../../rewrite.ts';

export const laterPositions: Rewrite = {
  law: {
    name: 'later-positions',
    statement:
      'in a causal program s, where it is attended, selects what s and select(indices, indices, <=) selects where nothing is hidden; for rightmost(s) that stands inside',
    requires: 'a causal program on a target whose queries see every key',
    ensures: 'no head has to be told what it may not see',
    example: {
      before: 'said = selector_width(select(tokens, tokens, ==));',
      after: 'said = selector_width(select(tokens, tokens, ==) and select(indices, indices, <=));',
      causal: true,
      sees: 'bidirectional',
    },
  },
  optimization: null,
  ruleFor: ({ graph, assumptions: { causal }, sees }) => {
    if (!causal || sees === 'causal') return null;
    const soFar = graph.select(graph.indices(), graph.indices(), '<=');
    const masked = (selector: Selector): Selector =>
      selector.kind === 'rightmost' || selector.kind === 'leftmost'
        ? graph.extreme(selector.kind, graph.and(selector.selector, soFar, selector.spans[0]), selector.spans[0])
        : graph.and(selector, soFar, selector.spans[0]);
    return (node) => {
      if (node.kind === 'width') return graph.width(masked(node.selector), node.spans[0]);
      if (node.kind === 'reduction') return graph.reduction(node.operator, masked(node.selector), node.value, node.default, node.spans[0]);
      return node.kind === 'aggregate' ? graph.aggregate(masked(node.selector), node.value, node.default, node.spans[0]) : null;
    };
  },
};
