/** The tensors of a new model as they are written, some rows at a time: there is memory for those rows alone. */
import type { TensorToWrite } from '../../checkpoint/safetensors/write-safetensors.ts';
import { storedTensors } from '../../targets/model-config.ts';
import { type Dtype, encode } from '../../tensor/dtype.ts';
import { float32Bytes, type Host, sizeOf } from '../draw/seed-tensors.ts';
import type { RoleSlice } from '../draw/slices.ts';
import { applyChange, type Change, changesOf, readOnce } from './changes.ts';

/** Values that are made at once, if a row is not longer. */
const PIECE = 2 ** 21;

/** Every tensor of a model that is drawn; without slices, the unseeded twin. The bytes of a piece are gone when the next is asked for. */
export function seedTensors(host: Host, slices: readonly RoleSlice[], dtype: Dtype = 'f32'): TensorToWrite[] {
  const changes = new Map<string, Change[]>();
  for (const change of changesOf(host.config, slices)) changes.set(change.tensor, [...(changes.get(change.tensor) ?? []), change]);
  let room: Float32Array = new Float32Array();
  return Array.from(storedTensors(host.config), (tensor): TensorToWrite => {
    const { name, shape } = tensor;
    const width = shape[1] ?? 1;
    const rows = shape[0] as number;
    const pieces = function* (most: number): Iterable<Uint8Array> {
      const own = (changes.get(name) ?? []).map(readOnce);
      const step = Math.max(1, Math.floor(most / width));
      for (let from = 0; from < rows; from += step) {
        const to = Math.min(rows, from + step);
        const count = (to - from) * width;
        if (room.length < count) room = new Float32Array(count);
        const values = host.values(tensor, from * width, count, room.subarray(0, count));
        for (const change of own) applyChange(change, values, width, { from, to });
        yield dtype === 'f32' ? float32Bytes(values) : encode(dtype, values);
      }
    };
    return {
      name,
      dtype: STORED[dtype],
      shape,
      bytes: () => {
        const [whole] = pieces(sizeOf(tensor));
        return whole ?? new Uint8Array();
      },
      pieces: () => pieces(PIECE),
    };
  });
}

const STORED = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const satisfies Record<Dtype, string>;
