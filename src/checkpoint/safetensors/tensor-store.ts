/** The tensors of a folder, in one safetensors file or in shards with an index, read a piece at a time and never before they are asked for. */
import { fail } from '../../diagnostics/catalog.ts';
import type { ByteSource, ModelFolder } from '../../source/byte-source.ts';
import { decode, decodeInto, dtypeBytes, type FloatArray, type ReadableDtype, valuesFor } from '../../tensor/dtype.ts';
import { Scratch } from '../../tensor/scratch.ts';
import { readJsonFile } from '../json/read-json.ts';
import { readSafetensorsHeader, type SafetensorsDtype, type SafetensorsHeader, type TensorInfo } from './safetensors-header.ts';
import { readShardPlaces } from './shard-index.ts';

export const WEIGHTS_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';

/** Bytes that are read at once: what a tensor costs beside its values, however large it is. */
const PIECE_BYTES = 2 ** 20;

export interface TensorStore {
  /** The file that lists the tensors, for messages. */
  readonly file: string;
  /** The safetensors files, one or many. */
  readonly files: readonly string[];
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The bytes of a tensor of this store, from `start` (default: the first) on, `length` of them (default: all that follow). */
  read(tensor: TensorInfo, start?: number, length?: number, into?: Uint8Array): Uint8Array;
}

const WEIGHT_DTYPES: Partial<Record<SafetensorsDtype, ReadableDtype>> = { F64: 'f64', F32: 'f32', F16: 'f16', BF16: 'bf16' };

/** The safetensors name of a dtype that raspc writes. */
export function safetensorsDtype(dtype: ReadableDtype): SafetensorsDtype {
  return dtype.toUpperCase() as SafetensorsDtype;
}

type Headers = ReadonlyMap<string, SafetensorsHeader>;

function storeOf(file: string, sources: ReadonlyMap<string, ByteSource>, headers: Headers): TensorStore {
  const tensors = new Map<string, TensorInfo>();
  for (const { tensors: held } of headers.values()) for (const tensor of held) tensors.set(tensor.name, tensor);
  return {
    file,
    files: [...sources.keys()],
    tensors,
    read: (tensor, start = 0, length = tensor.bytes - start, into = undefined) =>
      (sources.get(tensor.file) as ByteSource).read(tensor.offset + start, length, into),
  };
}

function readHeaders(sources: ReadonlyMap<string, ByteSource>): Headers {
  return new Map([...sources].map(([shard, source]) => [shard, readSafetensorsHeader(source, shard)]));
}

/** What weights are kept in that are not read. */
const OTHER_WEIGHTS = ['pytorch_model.bin', 'pytorch_model.bin.index.json', 'tf_model.h5', 'flax_model.msgpack'];

/** One safetensors file by itself; `file` names it in messages. */
export function openTensorFile(source: ByteSource, file: string): TensorStore {
  const sources = new Map([[file, source]]);
  return storeOf(file, sources, readHeaders(sources));
}

/**
 * The tensors of a model folder: `model.safetensors` if it is there, as stock loaders prefer it, else the shards of its index.
 * Diagnostics: R7010, R7301 to R7305, and those of the files.
 */
export function openTensors(folder: ModelFolder): TensorStore {
  const single = folder.open(WEIGHTS_FILE);
  if (single !== null) return openTensorFile(single, WEIGHTS_FILE);
  const index = readJsonFile(folder, INDEX_FILE);
  return index === undefined
    ? fail('R7010', { file: WEIGHTS_FILE, folder: folder.path, instead: OTHER_WEIGHTS.find((file) => folder.open(file) !== null) ?? null })
    : openShards(folder, INDEX_FILE, readShardPlaces(index, INDEX_FILE));
}

/** The shards of an index, `file`; `places` says which of them holds each tensor, and they have to agree (R7302, R7303, R7305). */
function openShards(folder: ModelFolder, file: string, places: ReadonlyMap<string, string>): TensorStore {
  const shards = [...new Set(places.values())];
  const sources = new Map<string, ByteSource>();
  for (const shard of shards) {
    const source = folder.open(shard);
    if (source !== null) sources.set(shard, source);
  }
  const missing = shards.filter((shard) => !sources.has(shard));
  if (missing[0] !== undefined) {
    const tensors = [...places.values()].filter((shard) => missing.includes(shard)).length;
    fail('R7305', { file, shard: missing[0], folder: folder.path, missing: missing.length, shards: shards.length, tensors });
  }
  const headers = readHeaders(sources);
  for (const [shard, { tensors }] of headers) {
    for (const { name: tensor } of tensors) {
      const place = places.get(tensor) ?? null;
      if (place !== shard) fail('R7303', { file, tensor, shard, place });
    }
  }
  const store = storeOf(file, sources, headers);
  for (const [tensor, shard] of places) if (!store.tensors.has(tensor)) fail('R7302', { file, tensor, shard });
  return store;
}

/** What a tensor's values are read as; null where they are no numbers that raspc computes with. */
export function weightDtype(tensor: TensorInfo): ReadableDtype | null {
  return WEIGHT_DTYPES[tensor.dtype] ?? null;
}

/** A tensor's values in their order, a piece at a time; `dtype` is that of {@link weightDtype}. */
export function* readPieces(store: TensorStore, tensor: TensorInfo, dtype: ReadableDtype): Generator<FloatArray> {
  for (const bytes of readBytes(store, tensor, dtype)) yield decode(dtype, bytes);
}

/** Each piece takes the place of the one before. */
function* readBytes(store: TensorStore, tensor: TensorInfo, dtype: ReadableDtype): Generator<Uint8Array> {
  const bytes = PIECE_BYTES - (PIECE_BYTES % dtypeBytes(dtype));
  const room = new Uint8Array(Math.min(bytes, tensor.bytes));
  for (let start = 0; start < tensor.bytes; start += bytes) {
    yield store.read(tensor, start, Math.min(bytes, tensor.bytes - start), room);
  }
}

/**
 * A tensor's values, all of them finite (R7008, R7009).
 *
 * @param scratch where they may go, under a name
 */
export function readWeightValues(store: TensorStore, tensor: TensorInfo, scratch = new Scratch(), name = ''): FloatArray {
  const dtype = weightDtype(tensor);
  if (dtype === null) return fail('R7008', { file: tensor.file, tensor: tensor.name, dtype: tensor.dtype });
  const values = scratch.take(name, tensor.bytes / dtypeBytes(dtype), (count) => valuesFor(dtype, count));
  let at = 0;
  for (const bytes of readBytes(store, tensor, dtype)) {
    decodeInto(values, at, dtype, bytes);
    at += bytes.length / dtypeBytes(dtype);
  }
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
