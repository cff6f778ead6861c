/** Of the positions so far, what selects as many as there are selects all of them, and is no condition beside another. */
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { EvaluationError } from '../../../../graph/evaluate/values/evaluation-error.ts';
import { reachable, type Selector } from '../../../../graph/graph.ts';
import type { Value } from '../../../../graph/value.ts';
import type { CheckedLaw, Proof } from '../law.ts';

export const everything: CheckedLaw = {
  name: 'everything',
  selectors(proof, original, claimed) {
    if (!proof.causal) return false;
    if (isAll(original, proof) && claimed.kind === 'select' && isAll(claimed, proof)) return true;
    if (original.kind !== 'and') return false;
    const { left, right } = original;
    return (isAll(left, proof) && proof.proves(right, claimed)) || (isAll(right, proof) && proof.proves(left, claimed));
  },
};

/** No token is asked for, so that the longest input shows what is so in each of its beginnings, which are all inputs. */
function isAll(selector: Selector, { graph, context }: Proof): boolean {
  if (reachable([selector]).some(({ kind }) => kind === 'tokens')) return false;
  const width = graph.width(selector);
  try {
    const found = evaluate([width], new Array<Value>(context).fill(0n), { causal: true }).get(width) as Sequence;
    return found.values.length === context && found.values.every((count, position) => count === BigInt(position) + 1n);
  } catch (error) {
    if (error instanceof EvaluationError) return false;
    throw error;
  }
}
