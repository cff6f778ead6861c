/** The files of a checkpoint with some of its tensors changed: every other byte stays as it is, headers and order included. */
import { fail } from '../diagnostics/catalog.ts';
import type { ModelFolder } from '../source/byte-source.ts';
import { type Dtype, decode, encode, type FloatArray, largestOf, type ReadableDtype, roundTo } from '../tensor/dtype.ts';
import type { PackedFile } from './pack-checkpoint.ts';
import type { TensorInfo } from './safetensors/safetensors-header.ts';
import type { TensorStore } from './safetensors/tensor-store.ts';

/** Bytes that are copied at once. */
const PIECE = 2 ** 23;

/** Changes a tensor's values, row-major, in place. */
export type TensorChange = (values: FloatArray) => void;

/** @param changes by the tensors' names in the files (R7008, R7501) */
export function overwriteTensors(folder: ModelFolder, store: TensorStore, changes: ReadonlyMap<string, TensorChange>): PackedFile[] {
  return store.files.map((path) => {
    const source = folder.open(path) ?? fail('R7010', { file: path, folder: folder.path });
    const changed = [...store.tensors.values()]
      .filter(({ file, name }) => file === path && changes.has(name))
      .sort((a, b) => a.offset - b.offset);
    return {
      path,
      content: {
        size: source.size,
        *chunks() {
          let done = 0;
          const copyTo = function* (end: number): Generator<Uint8Array> {
            for (; done < end; done += Math.min(PIECE, end - done)) yield source.read(done, Math.min(PIECE, end - done));
          };
          for (const tensor of changed) {
            yield* copyTo(tensor.offset);
            yield changedBytes(store, tensor, changes.get(tensor.name) as TensorChange);
            done += tensor.bytes;
          }
          yield* copyTo(source.size);
        },
      },
    };
  });
}

const DTYPES: Readonly<Record<string, ReadableDtype>> = { F64: 'f64', F32: 'f32', F16: 'f16', BF16: 'bf16' };

function changedBytes(store: TensorStore, tensor: TensorInfo, change: TensorChange): Uint8Array {
  const dtype = DTYPES[tensor.dtype] ?? fail('R7008', { file: tensor.file, tensor: tensor.name, dtype: tensor.dtype });
  const values = decode(dtype, store.read(tensor));
  change(values);
  if (dtype === 'f64') {
    const view = new DataView(new ArrayBuffer(tensor.bytes));
    for (const [i, value] of values.entries()) view.setFloat64(8 * i, value, true);
    return new Uint8Array(view.buffer);
  }
  return encodeAs(dtype, tensor.name, values);
}

/** Values in a dtype that holds them all (R7501). */
export function encodeAs(dtype: Dtype, tensor: string, values: FloatArray): Uint8Array {
  for (const value of values) {
    if (!Number.isFinite(roundTo(dtype, value))) fail('R7501', { tensor, value, largest: largestOf(dtype), dtype });
  }
  return encode(dtype, values);
}
