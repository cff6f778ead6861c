/** The tensors of a model that was made larger, with circuits in place: made one at a time, for files and to be run. */
import { encodeAs } from '../../checkpoint/overwrite-tensors.ts';
import { safetensorsDtype } from '../../checkpoint/safetensors/tensor-store.ts';
import type { TensorToWrite } from '../../checkpoint/safetensors/write-safetensors.ts';
import { tensorBytes } from '../../checkpoint/safetensors/write-safetensors.ts';
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { type StoredTensor, storedTensors } from '../../targets/model-config.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { type Host, sizeOf, storedSlices, writeOver } from '../draw/seed-tensors.ts';
import type { RoleSlice } from '../draw/slices.ts';

export interface GrownTensor extends TensorToWrite {
  readonly stored: StoredTensor;
}

/**
 * @param host the larger model
 * @param dtypes what each tensor is stored as, by its name
 */
export function grownTensors(host: Host, slices: readonly RoleSlice[], dtypes: ReadonlyMap<string, Dtype>): GrownTensor[] {
  const placed = storedSlices(host.config, slices);
  return Array.from(storedTensors(host.config), (stored) => {
    const dtype = dtypes.get(stored.name) ?? 'f32';
    return {
      name: stored.name,
      dtype: safetensorsDtype(dtype),
      shape: stored.shape,
      stored,
      bytes: () => {
        const values = host.values(stored, 0, sizeOf(stored));
        writeOver(values, placed.get(stored.name) ?? []);
        host.finish?.(stored, values);
        return encodeAs(dtype, stored.name, values);
      },
    };
  });
}

/** The dtype of each tensor of a checkpoint, or the one that was asked for. Diagnostics: R7008. */
export function dtypesOf({ tensors }: OpenCheckpoint, asked: Dtype | null): Map<string, Dtype> {
  return new Map(
    tensors.map(({ name, located }) => {
      if (asked !== null) return [name, asked] as const;
      if (located.dtype === 'F32' || located.dtype === 'F16' || located.dtype === 'BF16')
        return [name, located.dtype.toLowerCase() as Dtype] as const;
      return fail('R7008', { file: located.file, tensor: located.name, dtype: located.dtype });
    }),
  );
}

/** The larger model as a checkpoint that is on no disk. */
export function asCheckpoint(grown: readonly GrownTensor[], host: Host, like: OpenCheckpoint): OpenCheckpoint {
  const byName = new Map(grown.map((tensor) => [tensor.name, tensor]));
  const tensors = grown.map((tensor) => ({
    ...tensor.stored,
    located: { name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, offset: 0, bytes: tensorBytes(tensor), file: like.store.file },
  }));
  let kept: { readonly name: string; readonly bytes: Uint8Array } | null = null;
  return {
    ...like,
    config: host.config,
    tensors,
    store: {
      file: like.store.file,
      files: [],
      tensors: new Map(tensors.map(({ located }) => [located.name, located])),
      read(tensor, start = 0, length = tensor.bytes - start, into = undefined) {
        if (kept?.name !== tensor.name) {
          kept = null;
          kept = { name: tensor.name, bytes: (byName.get(tensor.name) as GrownTensor).bytes() };
        }
        const piece = kept.bytes.subarray(start, start + length);
        if (into === undefined) return piece;
        into.set(piece);
        return into.subarray(0, length);
      },
    },
  };
}
