/** The last or first that is selected is the one whose index an aggregate finds, no position being -1; a width of one or none is whether there is any. */
import type { CheckedLaw } from '../law.ts';

export const extremePositions: CheckedLaw = {
  name: 'extreme-positions',
  sops({ graph, proves }, original, claimed) {
    if (original.kind !== 'width') return false;
    const { selector } = original;
    if (selector.kind !== 'rightmost' && selector.kind !== 'leftmost') return false;
    const any = graph.binary('>', graph.width(selector.selector), graph.constant(0n));
    return proves(graph.unary('indicator', any), claimed);
  },
  selectors({ graph, proves }, original, claimed) {
    if (original.kind !== 'rightmost' && original.kind !== 'leftmost') return false;
    if (claimed.kind !== 'select' || claimed.operator !== '==' || claimed.keys !== graph.indices()) return false;
    return proves(graph.aggregate(original, graph.indices(), -1n), claimed.queries);
  },
};
