/** There is something in a or in b just where the mean of 1 over either, else 0, is 1: asked of one where the program asks of both. */
import type { SOp } from '../../../../graph/graph.ts';
import type { CheckedLaw, Proof } from '../law.ts';

export const joinedPresence: CheckedLaw = {
  name: 'joined-presence',
  sops(proof, original, claimed) {
    if (original.kind !== 'elementwise' || original.operation.kind !== 'binary') return false;
    const { operator } = original.operation;
    if (operator !== 'or' && operator !== 'and') return false;
    const some = operator === 'or';
    const either = parts(proof, claimed, some);
    const [left, right] = original.args as [SOp, SOp];
    return either !== null && proof.proves(left, either[0]) && proof.proves(right, either[1]);
  },
};

/** What is claimed of two selectors at once, of each of them. */
function parts({ graph }: Proof, claimed: SOp, some: boolean): readonly [SOp, SOp] | null {
  if (claimed.kind !== 'elementwise' || claimed.operation.kind !== 'binary') return null;
  const [mean] = claimed.args as [SOp];
  if (mean.kind !== 'aggregate') return null;
  const { selector } = mean;
  const one = graph.constant(1n);
  const asks = (of: typeof selector) => graph.binary(some ? '==' : '!=', graph.aggregate(of, one, 0n), one);
  if (asks(selector) !== claimed) return null;
  if (selector.kind === 'or') return [asks(selector.left), asks(selector.right)];
  // Where claims see all positions each part has the condition that they do not.
  if (selector.kind !== 'and' || selector.left.kind !== 'or') return null;
  const { left, right } = selector.left;
  return [asks(graph.and(left, selector.right)), asks(graph.and(right, selector.right))];
}
