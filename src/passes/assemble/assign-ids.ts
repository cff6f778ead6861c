/** Gives every logit an id: of a token for a language model, of a label for a classifier. */
import type { Circuit, Form } from '../../circuit/circuit.ts';
import { equalityKey, type Value, valueKey } from '../../graph/value.ts';
import type { Traits } from '../../targets/target.ts';

export interface OutputIds {
  /** Rows of the token embedding: BOS, the vocabulary, outputs that are no inputs (of a language model), padding. */
  readonly vocab: number;
  /** Rows of the unembedding. */
  readonly outputs: number;
  /** A token id that stands for nothing, for tools that pad batches. */
  readonly pad: number;
  readonly logits: readonly { readonly id: number; readonly form: Form }[];
  /** Per readout of the circuit, the id of each categorical value, or the id of the number. */
  readonly readouts: readonly (readonly number[])[];
}

/**
 * Ids are disjoint between exports. In a language model the first export reuses the ids of input tokens for equal values, so that
 * `generate` can feed an output back.
 */
export function assignIds(circuit: Circuit, vocabulary: readonly Value[], output: Traits['output']): OutputIds {
  const isClassifier = output === 'token-classification';
  /** Tokens that are no output so far. */
  const tokenIds = new Map(isClassifier ? [] : vocabulary.map((value, i) => [valueKey(value), i + 1]));
  // the first of those that are equal
  const tokenOf = new Map([...vocabulary].reverse().map((value) => [equalityKey(value), value]));
  let next = isClassifier ? 0 : vocabulary.length + 1;
  const logits: { id: number; form: Form }[] = [];
  const readouts = circuit.readouts.map((readout) => {
    if (readout.kind === 'numeric') {
      logits.push({ id: next, form: readout.form });
      return [next++];
    }
    const said = new Set(readout.logits.map(({ value }) => valueKey(value)));
    return readout.logits.map(({ value, form }) => {
      // 2.0 is the token 2, unless 2 is said as well
      const equal = tokenOf.get(equalityKey(value));
      const key = valueKey(equal === undefined || said.has(valueKey(equal)) ? value : equal);
      const id = tokenIds.get(key) ?? next++;
      tokenIds.delete(key);
      logits.push({ id, form });
      return id;
    });
  });
  if (isClassifier) return { vocab: vocabulary.length + 2, outputs: next, pad: vocabulary.length + 1, logits, readouts };
  return { vocab: next + 1, outputs: next + 1, pad: next, logits, readouts };
}
