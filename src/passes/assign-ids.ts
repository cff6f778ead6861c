/** Gives every logit an id: BOS, the vocabulary, the output values that are not tokens, and padding. */
import type { Circuit, Form } from '../circuit/circuit.ts';
import { type Value, valueKey } from '../graph/value.ts';

export interface OutputIds {
  /** Rows of the unembedding. */
  readonly count: number;
  /** An id that stands for nothing, for tools that pad batches. */
  readonly pad: number;
  readonly logits: readonly { readonly id: number; readonly form: Form }[];
  /** Per readout of the circuit, the id of each categorical value, or the id of the number. */
  readonly readouts: readonly (readonly number[])[];
}

/**
 * The first export reuses the ids of input tokens for the same values, so that `generate` can feed an output back; ids are disjoint
 * between exports.
 */
export function assignIds(circuit: Circuit, vocabulary: readonly Value[]): OutputIds {
  const tokenIds = new Map(vocabulary.map((value, i) => [valueKey(value), i + 1]));
  let next = vocabulary.length + 1;
  const logits: { id: number; form: Form }[] = [];
  const readouts = circuit.readouts.map((readout) => {
    if (readout.kind === 'numeric') {
      logits.push({ id: next, form: readout.form });
      return [next++];
    }
    return readout.logits.map(({ value, form }) => {
      const key = valueKey(value);
      const id = tokenIds.get(key) ?? next++;
      tokenIds.delete(key);
      logits.push({ id, form });
      return id;
    });
  });
  return { count: next + 1, pad: next, logits, readouts };
}
