/** The tensors of a folder, in one safetensors file or in shards with an index, read one at a time and never before they are asked for. */
import { fail } from '../diagnostics/catalog.ts';
import { decode, type FloatArray, type ReadableDtype } from '../tensor/dtype.ts';
import type { ByteSource, ModelFolder } from './byte-source.ts';
import { readJsonFile } from './read-json.ts';
import { readSafetensorsHeader, type SafetensorsDtype, type TensorInfo } from './safetensors-header.ts';
import { describeJson, isJsonObject } from './strict-json.ts';

export const WEIGHTS_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';

/** A tensor and the file that holds it. */
export interface LocatedTensor extends TensorInfo {
  readonly file: string;
}

export interface TensorStore {
  /** The file that lists the tensors, for messages. */
  readonly file: string;
  /** The safetensors files, one or many. */
  readonly files: readonly string[];
  readonly tensors: ReadonlyMap<string, LocatedTensor>;
  /** The bytes of a tensor of this store. */
  read(tensor: LocatedTensor): Uint8Array;
}

const WEIGHT_DTYPES: Partial<Record<SafetensorsDtype, ReadableDtype>> = { F64: 'f64', F32: 'f32', F16: 'f16', BF16: 'bf16' };

/** The safetensors name of a dtype that raspc writes. */
export function safetensorsDtype(dtype: ReadableDtype): SafetensorsDtype {
  return dtype.toUpperCase() as SafetensorsDtype;
}

function storeOf(file: string, sources: ReadonlyMap<string, ByteSource>): TensorStore {
  const tensors = new Map<string, LocatedTensor>();
  for (const [shard, source] of sources) {
    for (const tensor of readSafetensorsHeader(source, shard).tensors) tensors.set(tensor.name, { ...tensor, file: shard });
  }
  return {
    file,
    files: [...sources.keys()],
    tensors,
    read: (tensor) => (sources.get(tensor.file) as ByteSource).read(tensor.offset, tensor.bytes),
  };
}

/** One safetensors file by itself; `file` names it in messages. */
export function openTensorFile(source: ByteSource, file: string): TensorStore {
  return storeOf(file, new Map([[file, source]]));
}

/**
 * The tensors of a model folder: `model.safetensors` if it is there, as stock loaders prefer it, else the shards of its index.
 * Diagnostics: R7010, R7301 to R7304, and those of the files.
 */
export function openTensors(folder: ModelFolder): TensorStore {
  const single = folder.open(WEIGHTS_FILE);
  if (single !== null) return openTensorFile(single, WEIGHTS_FILE);
  const index = readJsonFile(folder, INDEX_FILE);
  if (index === undefined) return fail('R7010', { file: WEIGHTS_FILE, folder: folder.path });
  const weightMap = isJsonObject(index) ? index.get('weight_map') : undefined;
  if (!isJsonObject(weightMap)) {
    return fail('R7304', { file: INDEX_FILE, why: `its \`weight_map\` is ${describeJson(weightMap)}, but must be an object` });
  }
  const placed = new Map<string, string>();
  for (const [tensor, shard] of weightMap) {
    if (typeof shard !== 'string') {
      return fail('R7304', { file: INDEX_FILE, why: `the shard of \`${tensor}\` is ${describeJson(shard)}, but must be a file name` });
    }
    if (!/^[^/\\:\0]+\.safetensors$/.test(shard)) fail('R7301', { file: INDEX_FILE, path: shard });
    placed.set(tensor, shard);
  }
  const sources = new Map<string, ByteSource>();
  for (const shard of new Set(placed.values())) {
    sources.set(shard, folder.open(shard) ?? fail('R7010', { file: shard, folder: folder.path }));
  }
  for (const [shard, source] of sources) {
    const held = new Set(readSafetensorsHeader(source, shard).tensors.map(({ name }) => name));
    for (const tensor of held) if (placed.get(tensor) !== shard) fail('R7303', { file: INDEX_FILE, tensor, shard });
    for (const [tensor, place] of placed) if (place === shard && !held.has(tensor)) fail('R7302', { file: INDEX_FILE, tensor, shard });
  }
  return storeOf(INDEX_FILE, sources);
}

/** A tensor's values, all of them finite (R7008, R7009). */
export function readWeightValues(store: TensorStore, tensor: LocatedTensor): FloatArray {
  const dtype = WEIGHT_DTYPES[tensor.dtype];
  if (dtype === undefined) return fail('R7008', { file: tensor.file, tensor: tensor.name, dtype: tensor.dtype });
  const values = decode(dtype, store.read(tensor));
  let first = -1;
  let count = 0;
  for (let i = values.length - 1; i >= 0; i--) {
    if (Number.isFinite(values[i])) continue;
    first = i;
    count++;
  }
  if (count === 0) return values;
  return fail('R7009', {
    file: tensor.file,
    tensor: tensor.name,
    value: String(values[first]),
    index: indexOf(first, tensor.shape),
    count,
  });
}

/** The index of the flat position `at` in a row-major tensor. */
function indexOf(at: number, shape: readonly number[]): number[] {
  let rest = at;
  return shape
    .toReversed()
    .map((length) => {
      const index = rest % length;
      rest = (rest - index) / length;
      return index;
    })
    .toReversed();
}
