/** A comparison of positions that every position so far passes is no condition: no head has to match positions for it. */
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { type Graph, isSelector, reachable, type Selector } from '../../../../graph/graph.ts';
import type { Value } from '../../../../graph/value.ts';
import { succeed } from '../../../facts/tabulate.ts';
import type { Rewrite } from '../../rewrite.ts';

export const everything: Rewrite = {
  law: {
    name: 'everything',
    statement:
      'a selector of positions alone that selects n + 1 of the n + 1 positions so far, at every n, selects what full_s does, and changes nothing beside another',
    requires: 'the program is causal: what holds in the longest input then holds in all',
    ensures: 'no comparison of positions that always holds is left',
    example: {
      before: 'said = selector_width(select(indices, indices + 1, <) and select(tokens, "b", ==));',
      after: 'said = selector_width(select(tokens, "b", ==));',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: 'everything-so-far',
  ruleFor: ({ graph, roots, assumptions: { causal, context } }) => {
    if (!causal || !reachable(roots).some(isSelector)) return null;
    const all = graph.select(graph.constant(1n), graph.constant(1n), '==');
    const known = new Map<Selector, boolean>([[all, true]]);
    const selectsAll = (selector: Selector): boolean => {
      const is = known.get(selector) ?? selectsEverySoFar(graph, selector, context);
      known.set(selector, is);
      return is;
    };
    return (node) => {
      if (node.kind === 'and') return selectsAll(node.left) ? node.right : selectsAll(node.right) ? node.left : null;
      return node.kind === 'select' && node !== all && selectsAll(node) ? all : null;
    };
  },
};

function selectsEverySoFar(graph: Graph, selector: Selector, context: number): boolean {
  if (reachable([selector]).some(({ kind }) => kind === 'tokens')) return false;
  const width = graph.width(selector);
  const counts = succeed(() => evaluate([width], new Array<Value>(context).fill(0n), { causal: true }).get(width) as Sequence);
  return counts?.values.every((count, i) => count === BigInt(i + 1)) ?? false;
}
