/**
 * The header of a safetensors file: what the tensors are and where they lie. Every rule of the official validator is enforced (no
 * hole, overlap, trailing byte, wrong size, duplicate name), and nothing is read or allocated before it is known to lie in the file.
 * Source: the format's description and its reference implementation, huggingface/safetensors, safetensors/src/tensor.rs at
 * 24b0b2857fef49be734b9ab72ce97c09bb25f5b9.
 */
import { fail } from '../../diagnostics/catalog.ts';
import type { ByteSource } from '../../source/byte-source.ts';
import { FOREIGN_LENGTH, type ForeignText, foreignText } from '../../source/foreign-text.ts';
import { describeJson, isJsonList, isJsonObject, JsonError, type JsonTree, parseStrictMembers, strictUtf8 } from '../json/strict-json.ts';

/** Bits of one element of each dtype, in the reference's order, which is the order of alignment. */
export const SAFETENSORS_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type SafetensorsDtype = keyof typeof SAFETENSORS_BITS;

/** The key of the header that holds no tensor. */
export const METADATA_KEY = '__metadata__';

/** Bytes before the header: its length, a little-endian 64-bit integer. */
export const LENGTH_BYTES = 8;

/** The longest header that the reference reads and writes. */
export const LONGEST_HEADER = 100_000_000;

export interface TensorInfo {
  readonly name: string;
  readonly file: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Where the tensor's bytes begin in the file. */
  readonly offset: number;
  readonly bytes: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their bytes. */
  readonly tensors: readonly TensorInfo[];
}

function isDtype(name: JsonTree | undefined): name is SafetensorsDtype {
  return typeof name === 'string' && Object.hasOwn(SAFETENSORS_BITS, name);
}

function isCount(value: JsonTree | undefined): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

interface Entry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Counted from the end of the header, as is `end`. */
  readonly begin: number;
  readonly end: number;
}

function readHeaderText(source: ByteSource, file: string): { readonly text: string; readonly dataStart: number } {
  if (source.size < LENGTH_BYTES) fail('R7001', { file, bytes: source.size });
  const prefix = source.read(0, LENGTH_BYTES);
  const length = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  const available = source.size - LENGTH_BYTES;
  const isOff = length > BigInt(Math.min(available, LONGEST_HEADER));
  const foreign = isOff ? foreignFile(source) : null;
  if (foreign !== null) fail('R7011', { file, ...foreign });
  if (isOff) fail('R7002', { file, header: length, available, limit: LONGEST_HEADER });
  const text = strictUtf8(source.read(LENGTH_BYTES, Number(length)));
  if (text === null) return fail('R7003', { file, why: 'it is not UTF-8' });
  if (!text.startsWith('{')) fail('R7003', { file, why: 'it does not start with `{`' });
  return { text, dataStart: LENGTH_BYTES + Number(length) };
}

/** What the file is where it is known to be another. */
function foreignFile(source: ByteSource): ForeignText | null {
  const start = strictUtf8(source.read(0, Math.min(source.size, FOREIGN_LENGTH))) ?? '';
  if (/^\s*\{/.test(start))
    return { what: 'a JSON file', remedy: 'a model is named by its folder, weights by a file that ends in `.safetensors`' };
  return foreignText(start);
}

/** The metadata and the entries: a header of a large model is never there as a tree. */
function readMembers(text: string, file: string): { metadata: SafetensorsHeader['metadata']; entries: Entry[] } {
  let metadata: SafetensorsHeader['metadata'] = new Map();
  const entries: Entry[] = [];
  try {
    parseStrictMembers(text, (name, member) => {
      if (name === METADATA_KEY) metadata = readMetadata(member, file);
      else entries.push(readEntry(name, member, file));
    });
  } catch (error) {
    if (error instanceof JsonError) fail('R7003', { file, why: error.message });
    throw error;
  }
  return { metadata, entries };
}

function readMetadata(tree: JsonTree, file: string): ReadonlyMap<string, string> {
  if (tree === null) return new Map();
  if (!isJsonObject(tree))
    return fail('R7003', { file, why: `\`${METADATA_KEY}\` is ${describeJson(tree)}, but must be an object of strings` });
  for (const [key, value] of tree) {
    if (typeof value !== 'string') {
      fail('R7003', { file, why: `\`${key}\` in \`${METADATA_KEY}\` is ${describeJson(value)}, but must be a string` });
    }
  }
  return tree as ReadonlyMap<string, string>;
}

/** One entry, whose shape fits the bytes that it names. */
function readEntry(name: string, entry: JsonTree, file: string): Entry {
  const invalid = (why: string): never => fail('R7004', { file, tensor: name, why });
  if (!isJsonObject(entry)) return invalid(`it is ${describeJson(entry)}, but must be an object`);
  const dtype = entry.get('dtype');
  if (!isDtype(dtype)) return invalid(`its \`dtype\` is ${describeJson(dtype)}, which is not a dtype`);
  const shape = entry.get('shape');
  if (!isJsonList(shape) || !shape.every(isCount)) return invalid('its `shape` must be a list of whole numbers');
  const offsets = entry.get('data_offsets');
  if (!isJsonList(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    return invalid('its `data_offsets` must be two whole numbers');
  const [begin, end] = [Number(offsets[0]), Number(offsets[1])];
  if (end < begin) fail('R7005', { file, tensor: name, begin, end, expected: begin });
  const wanted = BigInt(end - begin) * 8n;
  if (bitsOf(shape as readonly bigint[], dtype, wanted) !== wanted) {
    fail('R7006', { file, tensor: name, dtype, shape: shape as readonly bigint[], bytes: end - begin });
  }
  return { name, dtype, shape: (shape as readonly bigint[]).map(Number), begin, end };
}

/** The size of a tensor, or something more than `most`: a product of many large lengths is not worked out to the end. */
function bitsOf(shape: readonly bigint[], dtype: SafetensorsDtype, most: bigint): bigint {
  if (shape.includes(0n)) return 0n;
  let bits = BigInt(SAFETENSORS_BITS[dtype]);
  for (const length of shape) {
    bits *= length;
    if (bits > most) break;
  }
  return bits;
}

/** Reads and checks the header of `source`, which `file` names in diagnostics (R7001 to R7007). */
export function readSafetensorsHeader(source: ByteSource, file: string): SafetensorsHeader {
  const { text, dataStart } = readHeaderText(source, file);
  const { metadata, entries } = readMembers(text, file);
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  const tensors = entries.map(({ name, dtype, shape, begin, end }) => {
    if (begin !== expected) fail('R7005', { file, tensor: name, begin, end, expected });
    expected = end;
    return { name, file, dtype, shape, offset: dataStart + begin, bytes: end - begin };
  });
  if (dataStart + expected !== source.size) fail('R7007', { file, expected: dataStart + expected, actual: source.size });
  return { metadata, tensors };
}
