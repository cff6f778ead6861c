/** |a or b| = |a| + |b| − |a and b|, of which the last is 0 where they are disjoint. */
import type { SOp } from '../../../../graph/graph.ts';
import { areDisjoint } from '../../key-counts.ts';
import type { CheckedLaw } from '../law.ts';

export const splitWidths: CheckedLaw = {
  name: 'split-widths',
  sops({ graph, proves }, original, claimed) {
    if (original.kind !== 'width' || original.selector.kind !== 'or' || claimed.kind !== 'elementwise') return false;
    const { left, right } = original.selector;
    const [first, second] = claimed.args as [SOp, SOp | undefined];
    if (second === undefined) return false;
    if (graph.binary('-', first, second) === claimed && first.kind === 'elementwise') {
      const both = graph.width(graph.and(left, right));
      const [a, b] = first.args as [SOp, SOp | undefined];
      if (b === undefined || graph.binary('+', a, b) !== first) return false;
      return proves(graph.width(left), a) && proves(graph.width(right), b) && proves(both, second);
    }
    if (graph.binary('+', first, second) !== claimed || !areDisjoint(left, right)) return false;
    return proves(graph.width(left), first) && proves(graph.width(right), second);
  },
};
