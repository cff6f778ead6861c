/** Of integers, what is equal, less or more stays so when the same number is taken from both. */
import type { SOp } from '../../../../graph/graph.ts';
import type { CheckedLaw, Proof } from '../law.ts';

export const movedConstants: CheckedLaw = {
  name: 'moved-constants',
  selectors(proof, original, claimed) {
    if (original.kind !== 'select' || claimed.kind !== 'select' || original.operator !== claimed.operator) return false;
    const sides = [original.keys, original.queries].map((node) => taken(node));
    const claims = [claimed.keys, claimed.queries].map((node) => taken(node));
    const [keys, queries] = sides.map(({ added }, i) => added - (claims[i]?.added ?? 0));
    if (keys !== queries || keys === 0) return false;
    return sides.every(({ rest }, i) => areIntegers(rest, proof) && proof.proves(rest, claims[i]?.rest as SOp));
  },
};

/** What is left of a sum without its constants, and what those come to. */
function taken(node: SOp): { readonly rest: SOp; readonly added: number } {
  if (node.kind === 'elementwise' && node.operation.kind === 'binary') {
    const { operator } = node.operation;
    const [first, second] = node.args as [SOp, SOp];
    const constant = (side: SOp) => (side.kind === 'constant' && typeof side.value === 'bigint' ? Number(side.value) : null);
    const [before, after] = [constant(first), constant(second)];
    if (after !== null && (operator === '+' || operator === '-')) {
      const { rest, added } = taken(first);
      return { rest, added: operator === '+' ? added + after : added - after };
    }
    if (before !== null && operator === '+') {
      const { rest, added } = taken(second);
      return { rest, added: added + before };
    }
  }
  return { rest: node, added: 0 };
}

function areIntegers(node: SOp, { meant }: Proof): boolean {
  return meant.of(node)?.every((value) => typeof value === 'bigint') ?? false;
}
