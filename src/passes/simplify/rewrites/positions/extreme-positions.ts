/** The last or first position that a selector selects, anywhere but directly under an aggregate, as a position that a head finds. */
import type { Selector } from '../../../../graph/graph.ts';
import type { Rewrite } from '../../rewrite.ts';

export const extremePositions: Rewrite = {
  law: {
    name: 'extreme-positions',
    statement:
      'rightmost(s) selects what select(indices, aggregate(rightmost(s), indices, -1), ==) does, and as many: 1 where s selects anything, else 0; so does leftmost',
    requires: 'nothing',
    ensures: '`rightmost` and `leftmost` stand under aggregates alone, where each is one head',
    example: {
      before:
        'last = rightmost(select(tokens, tokens, ==)); said = aggregate(last and select(indices, indices, <), tokens, "-") == "a" and selector_width(last) > 0;',
      after:
        'same = select(tokens, tokens, ==); last = aggregate(rightmost(same), indices, -1); said = aggregate(select(indices, last, ==) and select(indices, indices, <), tokens, "-") == "a" and indicator(selector_width(same) > 0) > 0;',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: null,
  ruleFor: ({ graph }) => {
    const located = (selector: Selector): Selector => {
      if (selector.kind !== 'rightmost' && selector.kind !== 'leftmost') return selector;
      const position = graph.aggregate(selector, graph.indices(), -1n, selector.spans[0]);
      return graph.select(graph.indices(), position, '==', selector.spans[0]);
    };
    return (node) => {
      switch (node.kind) {
        case 'and':
        case 'or':
          return graph.add({ kind: node.kind, left: located(node.left), right: located(node.right) }, node.spans[0]);
        case 'not':
          return graph.not(located(node.selector), node.spans[0]);
        case 'rightmost':
        case 'leftmost':
          return graph.extreme(node.kind, located(node.selector), node.spans[0]);
        case 'width':
          // One position or none: the width is whether there is any.
          return node.selector.kind === 'rightmost' || node.selector.kind === 'leftmost'
            ? graph.unary('indicator', graph.binary('>', graph.width(located(node.selector.selector), node.spans[0]), graph.constant(0n)))
            : null;
        default:
          return null;
      }
    };
  },
};
