/** Where claims see all positions, what is attended must itself keep to those so far. */

import type { Selector } from '../../../../graph/graph.ts';
import type { CheckedLaw, Proof } from '../law.ts';

export const laterPositions: CheckedLaw = { name: 'later-positions', attended };

function attended({ graph, proves }: Proof, original: Selector, claimed: Selector): boolean {
  const soFar = graph.select(graph.indices(), graph.indices(), '<=');
  const keeps = (inner: Selector, said: Selector): boolean => {
    if (inner.kind === 'rightmost' || inner.kind === 'leftmost') return said.kind === inner.kind && keeps(inner.selector, said.selector);
    return said.kind === 'and' && said.right === soFar && proves(inner, said.left);
  };
  return keeps(original, claimed);
}
