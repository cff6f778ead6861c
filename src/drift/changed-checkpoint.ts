/** A checkpoint with some of its tensors changed in memory: everything else is still read from where it is. */
import type { TensorInfo } from '../checkpoint/safetensors/safetensors-header.ts';
import { readWeightValues } from '../checkpoint/safetensors/tensor-store.ts';
import type { OpenCheckpoint } from '../checkpoint/unpack-checkpoint.ts';
import { loadModel, type Model } from '../runtime/model.ts';

/** Changes a tensor's values, row-major, in place. */
export type Edit = (values: Float32Array) => void;

/** @param edits by the tensors' stored names, in the order in which they are made */
export function changedCheckpoint(checkpoint: OpenCheckpoint, edits: ReadonlyMap<string, readonly Edit[]>): OpenCheckpoint {
  const held = new Map<TensorInfo, Uint8Array>();
  const tensors = checkpoint.tensors.map((tensor) => {
    const own = edits.get(tensor.name);
    if (own === undefined) return tensor;
    const values = Float32Array.from(readWeightValues(checkpoint.store, tensor.located));
    for (const edit of own) edit(values);
    const bytes = new Uint8Array(values.buffer);
    const located: TensorInfo = { ...tensor.located, dtype: 'F32', bytes: bytes.length };
    held.set(located, bytes);
    return { ...tensor, located };
  });
  const { store } = checkpoint;
  return {
    ...checkpoint,
    tensors,
    store: {
      ...store,
      read(tensor, start = 0, length = tensor.bytes - start, into = undefined) {
        const bytes = held.get(tensor);
        if (bytes === undefined) return store.read(tensor, start, length, into);
        const piece = bytes.subarray(start, start + length);
        if (into === undefined) return piece;
        into.set(piece);
        return into.subarray(0, length);
      },
    },
  };
}

/** A checkpoint and its model, ready to run. */
export interface Subject {
  readonly checkpoint: OpenCheckpoint;
  readonly model: Model;
}

export function subjectOf(checkpoint: OpenCheckpoint): Subject {
  return { checkpoint, model: loadModel(checkpoint) };
}

/** Of the model only layers with changed tensors are made anew. */
export function changedSubject({ checkpoint, model }: Subject, edits: ReadonlyMap<string, readonly Edit[]>): Subject {
  const changed = changedCheckpoint(checkpoint, edits);
  return { checkpoint: changed, model: model.changed(changed) };
}
