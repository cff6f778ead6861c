/** A model that is there already, as the host of a seed: its weights, and the scale of its stream as it is. */
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { decode, dtypeBytes, type ReadableDtype } from '../../tensor/dtype.ts';
import type { Host } from '../draw/seed-tensors.ts';
import { applyChange, type Change, readOnce } from './changes.ts';

const DTYPES: Readonly<Record<string, ReadableDtype>> = { F64: 'f64', F32: 'f32', F16: 'f16', BF16: 'bf16' };

export function checkpointHost({ config, store, tensors }: OpenCheckpoint): Host {
  const located = new Map(tensors.map((tensor) => [tensor.name, tensor.located]));
  return {
    config,
    isDrawn: false,
    values(tensor, from, count) {
      const place = located.get(tensor.name);
      if (place === undefined) throw new Error(`the checkpoint has no \`${tensor.name}\``);
      const dtype = DTYPES[place.dtype] ?? fail('R7008', { file: place.file, tensor: place.name, dtype: place.dtype });
      const values = decode(dtype, store.read(place, from * dtypeBytes(dtype), count * dtypeBytes(dtype)));
      return values instanceof Float32Array ? values : Float32Array.from(values);
    },
  };
}

/** A host as changes leave it. Those of one tensor are kept until another is asked for: a table is read row by row. */
export function changedHost(host: Host, changes: readonly Change[]): Host {
  let kept: { readonly name: string; readonly changes: readonly Change[] } | null = null;
  const changesOf = (name: string): readonly Change[] => {
    if (kept?.name !== name) kept = { name, changes: changes.filter(({ tensor }) => tensor === name).map(readOnce) };
    return kept.changes;
  };
  return {
    ...host,
    values(tensor, from, count) {
      const values = host.values(tensor, from, count);
      const width = tensor.shape[1] ?? 1;
      const there = { from: from / width, to: (from + count) / width };
      for (const change of changesOf(tensor.name)) applyChange(change, values, width, there);
      return values;
    },
  };
}
