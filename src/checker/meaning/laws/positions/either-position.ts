/** Of two positions that a query may name, of which it never finds both, it finds the first where there is one such, else the second. */
import type { Selector, SOp } from '../../../../graph/graph.ts';
import type { CheckedLaw, Proof } from '../law.ts';

export const eitherPosition: CheckedLaw = {
  name: 'either-position',
  selectors(proof, original, claimed) {
    if (original.kind !== 'or' || claimed.kind !== 'select' || claimed.operator !== '==') return false;
    const { graph, meant, causal } = proof;
    const [first, second] = [namedBy(original.left, proof), namedBy(original.right, proof)];
    if (first === null || second === null || !meant.isSingle(original) || claimed.keys !== graph.indices()) return false;
    const everything = graph.width(graph.select(graph.constant(1n), graph.constant(1n), '=='));
    const exists = causal ? graph.binary('<=', first, graph.indices()) : graph.binary('<', first, everything);
    const found = graph.binary('and', graph.binary('>=', first, graph.constant(0n)), exists);
    return proof.proves(graph.elementwise({ kind: 'choose' }, [found, first, second]), claimed.queries);
  },
};

/** What a selector compares positions with, where it asks that they are equal. */
function namedBy(selector: Selector, { graph }: Proof): SOp | null {
  if (selector.kind !== 'select' || selector.operator !== '==') return null;
  return selector.keys === graph.indices() ? selector.queries : null;
}
