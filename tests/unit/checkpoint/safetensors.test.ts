import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { readSafetensorsHeader, type SafetensorsDtype } from '../../../src/checkpoint/safetensors/safetensors-header.ts';
import { fileBytes, writeSafetensors } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { type ByteSource, bytesSource } from '../../../src/source/byte-source.ts';
import { encode } from '../../../src/tensor/dtype.ts';

const TENSORS = [
  { name: 'b', dtype: 'F32', shape: [2, 3], bytes: () => encode('f32', [1, 2, 3, 4, 5, 6]) },
  { name: 'mask', dtype: 'U8', shape: [3], bytes: () => Uint8Array.of(1, 0, 1) },
  { name: 'a', dtype: 'F32', shape: [], bytes: () => encode('f32', [7]) },
  { name: 'half', dtype: 'BF16', shape: [0, 4], bytes: () => new Uint8Array(0) },
] as const;

function fileOf(header: string | Uint8Array, data: number, length?: bigint): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function read(bytes: Uint8Array) {
  return readSafetensorsHeader(bytesSource(bytes), 'model.safetensors');
}

test('what is written is read again, in the order of alignment and then of names', () => {
  const bytes = fileBytes(writeSafetensors(TENSORS, { format: 'pt' }));
  const header = read(bytes);
  expect(header.metadata.get('format')).toBe('pt');
  expect(header.tensors.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
    ['a', 'F32', []],
    ['b', 'F32', [2, 3]],
    ['half', 'BF16', [0, 4]],
    ['mask', 'U8', [3]],
  ]);
  for (const { name, offset, bytes: length } of header.tensors) {
    expect([...bytes.subarray(offset, offset + length)]).toEqual([...(TENSORS.find((tensor) => tensor.name === name)?.bytes() ?? [])]);
  }
  expect((header.tensors[0]?.offset ?? 1) % 8).toBe(0);
});

test('the bytes are always the same', () => {
  const once = fileBytes(writeSafetensors(TENSORS, { format: 'pt' }));
  expect(fileBytes(writeSafetensors(TENSORS.toReversed(), { format: 'pt' }))).toEqual(once);
  expect(new TextDecoder().decode(once.subarray(8, 90))).toBe(
    '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]',
  );
});

/** What npm's `safetensors` exports; it has no types of its own. */
interface OtherReader {
  readonly SafeTensor: new (
    bytes: Uint8Array,
  ) => {
    readonly metadata: ReadonlyMap<string, { readonly shape: readonly number[] }>;
    getTensor(name: string): Uint8Array;
  };
}

test('npm’s safetensors reads the same', () => {
  const { SafeTensor } = createRequire(import.meta.url)('safetensors') as OtherReader;
  const tensors = TENSORS.filter(({ shape }) => shape.length > 0);
  const bytes = fileBytes(writeSafetensors(tensors, { format: 'pt' }));
  // it knows no metadata and misreads pooled buffers: it gets a copy of its own without either
  const metadata = '"__metadata__":{"format":"pt"},';
  const at = 8 + new TextDecoder().decode(bytes.subarray(8)).indexOf(metadata);
  const copy = Uint8Array.from(bytes);
  copy.fill(0x20, at, at + metadata.length);
  const other = new SafeTensor(copy);
  expect([...other.metadata.keys()].toSorted()).toEqual(['b', 'half', 'mask']);
  expect(other.metadata.get('b')?.shape).toEqual([2, 3]);
  expect([...other.getTensor('b')]).toEqual([...encode('f32', [1, 2, 3, 4, 5, 6])]);
  expect([...other.getTensor('mask')]).toEqual([1, 0, 1]);
});

test('a writer that is given wrong bytes or one name twice is an internal error', () => {
  const [tensor] = TENSORS;
  expect(() => fileBytes(writeSafetensors([{ ...tensor, bytes: () => new Uint8Array(3) }], {}))).toThrow('3 bytes instead of 24');
  expect(() => writeSafetensors([tensor, tensor], {})).toThrow('two tensors of one name');
});

const ENTRY = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
const entry = (dtype: SafetensorsDtype | string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

describe('refuses', () => {
  const cases: readonly [string, string, Uint8Array][] = [
    ['an empty file', 'R7001', new Uint8Array(0)],
    ['seven bytes', 'R7001', new Uint8Array(7)],
    ['a header longer than the file', 'R7002', fileOf('{}', 0, 3n)],
    ['an enormous header', 'R7002', fileOf('{}', 0, 2n ** 64n - 1n)],
    ['a header of no bytes', 'R7003', fileOf('', 0)],
    ['bytes that are not UTF-8', 'R7003', fileOf(Uint8Array.of(0x7b, 0xff, 0x7d), 0)],
    ['a list', 'R7003', fileOf('[]', 0)],
    ['a header that starts with a space', 'R7003', fileOf(' {}', 0)],
    ['half an object', 'R7003', fileOf(`{"w":${ENTRY}`, 4)],
    ['text after the object', 'R7003', fileOf(`{"w":${ENTRY}}x`, 4)],
    ['a name twice', 'R7003', fileOf(`{"w":${ENTRY},"w":${ENTRY}}`, 4)],
    ['a name twice, once escaped', 'R7003', fileOf(`{"w":${ENTRY},"\\u0077":${ENTRY}}`, 4)],
    ['a field twice', 'R7003', fileOf('{"w":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4)],
    ['deep nesting', 'R7003', fileOf(`{"w":${'['.repeat(100_000)}`, 0)],
    ['metadata that is no object', 'R7003', fileOf('{"__metadata__":[]}', 0)],
    ['metadata that is no string', 'R7003', fileOf('{"__metadata__":{"format":1}}', 0)],
    ['an entry that is no object', 'R7004', fileOf('{"w":7}', 0)],
    ['an unknown dtype', 'R7004', fileOf(`{"w":${entry('F33', '[1]', '[0,4]')}}`, 4)],
    ['a dtype from the prototype', 'R7004', fileOf(`{"w":${entry('toString', '[1]', '[0,4]')}}`, 4)],
    ['a negative length', 'R7004', fileOf(`{"w":${entry('F32', '[-1]', '[0,4]')}}`, 4)],
    ['a length with a fraction', 'R7004', fileOf(`{"w":${entry('F32', '[1.0]', '[0,4]')}}`, 4)],
    ['no shape', 'R7004', fileOf('{"w":{"dtype":"F32","data_offsets":[0,4]}}', 4)],
    ['three offsets', 'R7004', fileOf(`{"w":${entry('F32', '[1]', '[0,4,8]')}}`, 4)],
    ['offsets beyond every file', 'R7004', fileOf(`{"w":${entry('F32', '[1]', '[0,36893488147419103232]')}}`, 4)],
    ['an end before the begin', 'R7005', fileOf(`{"w":${entry('F32', '[1]', '[0,4]')},"v":${entry('F32', '[1]', '[4,0]')}}`, 8)],
    ['a hole', 'R7005', fileOf(`{"w":${entry('F32', '[1]', '[4,8]')}}`, 8)],
    ['an overlap', 'R7005', fileOf(`{"a":${entry('F32', '[2]', '[0,8]')},"b":${entry('F32', '[2]', '[4,12]')}}`, 12)],
    ['two tensors in one place', 'R7005', fileOf(`{"a":${ENTRY},"b":${ENTRY}}`, 4)],
    ['a shape that is too small', 'R7006', fileOf(`{"w":${entry('F32', '[1]', '[0,8]')}}`, 8)],
    ['a shape whose product overflows', 'R7006', fileOf(`{"w":${entry('F32', '[4294967296,4294967296,4]', '[0,4]')}}`, 4)],
    ['half a byte', 'R7006', fileOf(`{"w":${entry('F4', '[3]', '[0,1]')}}`, 1)],
    ['a missing last byte', 'R7007', fileOf(`{"w":${ENTRY}}`, 3)],
    ['a byte too many', 'R7007', fileOf(`{"w":${ENTRY}}`, 5)],
  ];

  test.each(cases)('%s', (_, code, bytes) => {
    expect(() => read(bytes)).toThrow(code);
  });
});

test('reads what the official reader reads: extra fields, escapes, null metadata, packed dtypes, padding', () => {
  expect(read(fileOf('{}', 0)).tensors).toEqual([]);
  expect(read(fileOf(`{"__metadata__":null,"w":${ENTRY}}   `, 4)).tensors[0]?.name).toBe('w');
  expect(read(fileOf('{"\\u00e9":{"note":[{}],"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4)).tensors[0]?.name).toBe('é');
  expect(read(fileOf(`{"w":${entry('F4', '[2]', '[0,1]')}}`, 1)).tensors[0]?.bytes).toBe(1);
  expect(read(fileOf(`{"__proto__":${ENTRY}}`, 4)).tensors[0]?.name).toBe('__proto__');
});

test('never reads beyond the file, nor more than the header', () => {
  const asked: [number, number][] = [];
  const watched = (bytes: Uint8Array): ByteSource => ({
    size: bytes.length,
    read: (offset, length) => {
      asked.push([offset, length]);
      return bytes.subarray(offset, offset + length);
    },
  });
  expect(() => readSafetensorsHeader(watched(fileOf('{}', 0, 2n ** 40n)), 'x')).toThrow('R7002');
  // and the file's first bytes once more, for what it is instead
  expect(asked).toEqual([
    [0, 8],
    [0, 10],
  ]);
  const bytes = fileBytes(writeSafetensors(TENSORS, {}));
  asked.length = 0;
  readSafetensorsHeader(watched(bytes), 'x');
  expect(asked.map(([offset]) => offset)).toEqual([0, 8]);
  expect(asked.every(([offset, length]) => offset + length < bytes.length)).toBe(true);
});
