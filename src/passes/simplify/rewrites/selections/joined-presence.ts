/** Whether one selector or another has something: one head asks for both, where they compare the same s-ops. */
import { type Elementwise, type GraphNode, reachable, type Selector, type SOp } from '../../../../graph/graph.ts';
import type { Rewrite } from '../../rewrite.ts';

export const joinedPresence: Rewrite = {
  law: {
    name: 'joined-presence',
    statement:
      'something is in a, or something is in b, just where something is in a or b; and nothing in both just where nothing is in a or b',
    requires: 'both compare the same s-ops, positions and constants counting as one: no head has to match a product',
    ensures: 'of heads that ask whether anything is there, none is joined by `or` with one that it could be',
    example: {
      before: 'said = aggregate(select(tokens, "a", ==), 1, 0) == 1 or aggregate(select(tokens, "b", ==), 1, 0) == 1;',
      after: 'said = aggregate(select(tokens, "a", ==) or select(tokens, "b", ==), 1, 0) == 1;',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: 'joined-presence',
  ruleFor: ({ graph }) => {
    const one = graph.constant(1n);
    /** What a node asks for, and whether it asks that there is something. */
    const asked = (node: SOp): { readonly selector: Selector; readonly some: boolean } | null => {
      if (node.kind !== 'elementwise' || node.operation.kind !== 'binary') return null;
      const { operator } = node.operation;
      const [mean, other] = node.args as [SOp, SOp];
      if ((operator !== '==' && operator !== '!=') || other !== one || mean.kind !== 'aggregate') return null;
      return mean.value === one && mean.default === 0n ? { selector: mean.selector, some: operator === '==' } : null;
    };
    const join = ({ args, spans }: Elementwise, some: boolean): SOp | null => {
      const [left, right] = args.map(asked);
      if (!left || !right || left.some !== some || right.some !== some || left.selector === right.selector) return null;
      const either = graph.or(left.selector, right.selector, spans[0]);
      if (!comparesAlike(either)) return null;
      return graph.binary(some ? '==' : '!=', graph.aggregate(either, one, 0n, spans[0]), one);
    };
    return (node) => {
      if (node.kind !== 'elementwise' || node.operation.kind !== 'binary') return null;
      if (node.operation.operator === 'or') return join(node, true);
      return node.operation.operator === 'and' ? join(node, false) : null;
    };
  },
};

/** Whether every comparison has the same keys and the same queries, all that is known of the position alone being the same. */
function comparesAlike(selector: Selector): boolean {
  const nodes = reachable([selector]);
  if (nodes.some(({ kind }) => kind === 'rightmost' || kind === 'leftmost')) return false;
  const sides = (side: 'keys' | 'queries') => new Set(nodes.flatMap((node) => (node.kind === 'select' ? [baseOf(node[side])] : [])));
  return sides('keys').size <= 1 && sides('queries').size <= 1;
}

function baseOf(node: SOp): string {
  const isPosition = ({ kind }: GraphNode) => kind === 'indices' || kind === 'constant' || kind === 'elementwise';
  return reachable([node]).every(isPosition) ? 'position' : `${node.id}`;
}
