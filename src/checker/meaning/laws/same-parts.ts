/** The same operation on what is equal is equal. */
import type { SOp } from '../../../graph/graph.ts';
import type { CheckedLaw } from './law.ts';

export const sameParts: CheckedLaw = {
  name: 'same-parts',
  sops(proof, original, claimed) {
    const { graph } = proof;
    switch (original.kind) {
      case 'elementwise': {
        if (claimed.kind !== 'elementwise' || original.args.length !== claimed.args.length) return false;
        const isSame = graph.elementwise(original.operation, claimed.args) === claimed;
        return isSame && original.args.every((arg, i) => proof.proves(arg, claimed.args[i] as SOp));
      }
      case 'aggregate':
        if (claimed.kind !== 'aggregate' || graph.aggregate(claimed.selector, claimed.value, original.default) !== claimed) return false;
        return proof.proves(original.value, claimed.value) && proof.attends(original.selector, claimed.selector);
      case 'reduction': {
        if (claimed.kind !== 'reduction') return false;
        const isSame = graph.reduction(original.operator, claimed.selector, claimed.value, original.default) === claimed;
        return isSame && proof.proves(original.value, claimed.value) && proof.attends(original.selector, claimed.selector);
      }
      case 'width':
        return claimed.kind === 'width' && proof.attends(original.selector, claimed.selector);
      default:
        return original === claimed;
    }
  },
  selectors(proof, original, claimed) {
    switch (original.kind) {
      case 'select':
        return (
          claimed.kind === 'select' &&
          proof.graph.select(claimed.keys, claimed.queries, original.operator) === claimed &&
          proof.proves(original.keys, claimed.keys) &&
          proof.proves(original.queries, claimed.queries)
        );
      case 'and':
      case 'or':
        return claimed.kind === original.kind && proof.proves(original.left, claimed.left) && proof.proves(original.right, claimed.right);
      default:
        return claimed.kind === original.kind && proof.proves(original.selector, claimed.selector);
    }
  },
};
