/**
 * Writes GGUF files, version 3: keys with values, then the tensors' names and shapes, then their bytes, each aligned. Source of the
 * format: ggml-org/llama.cpp, ggml/include/gguf.h, release v0.5.0.
 */
import { type Dtype, dtypeBytes } from '../../tensor/dtype.ts';
import type { FileContent } from '../safetensors/write-safetensors.ts';

/** Types of values, with their numbers in the file. */
const VALUE_TYPES = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

export type GgufValue =
  | { readonly kind: 'uint32' | 'float32'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  | { readonly kind: 'int32s'; readonly values: readonly number[] };

const TENSOR_TYPES: Readonly<Record<Dtype, number>> = { f32: 0, f16: 1, bf16: 30 };

export interface GgufTensor {
  readonly name: string;
  /** Slowest axis first; the file has them the other way round. */
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** Called when its turn comes. */
  readonly bytes: () => Uint8Array;
}

const VERSION = 3;

/** Where tensors may begin, unless a key says otherwise. */
const ALIGNMENT = 32;

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
}

/** Bytes that grow, little-endian. */
class ByteWriter {
  readonly #pieces: Uint8Array[] = [];

  number(bytes: number, write: (view: DataView) => void): void {
    const piece = new Uint8Array(bytes);
    write(new DataView(piece.buffer));
    this.#pieces.push(piece);
  }

  uint32(value: number): void {
    this.number(4, (view) => view.setUint32(0, value, true));
  }

  uint64(value: number): void {
    this.number(8, (view) => view.setBigUint64(0, BigInt(value), true));
  }

  string(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.uint64(bytes.length);
    this.#pieces.push(bytes);
  }

  value(value: GgufValue): void {
    switch (value.kind) {
      case 'uint32':
        this.uint32(VALUE_TYPES.uint32);
        this.uint32(value.value);
        break;
      case 'float32':
        this.uint32(VALUE_TYPES.float32);
        this.number(4, (view) => view.setFloat32(0, value.value, true));
        break;
      case 'bool':
        this.uint32(VALUE_TYPES.bool);
        this.number(1, (view) => view.setUint8(0, value.value ? 1 : 0));
        break;
      case 'string':
        this.uint32(VALUE_TYPES.string);
        this.string(value.value);
        break;
      case 'strings':
        this.#list(VALUE_TYPES.string, value.values, (item) => this.string(item));
        break;
      case 'int32s':
        this.#list(VALUE_TYPES.int32, value.values, (item) => this.number(4, (view) => view.setInt32(0, item, true)));
        break;
    }
  }

  #list<Item>(type: number, items: readonly Item[], write: (item: Item) => void): void {
    this.uint32(VALUE_TYPES.array);
    this.uint32(type);
    this.uint64(items.length);
    for (const item of items) write(item);
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }
}

function sizeOf({ shape, dtype }: GgufTensor): number {
  return shape.reduce((product, length) => product * length, dtypeBytes(dtype));
}

/** One GGUF file: keys in the order given, tensors too. */
export function writeGguf(keys: readonly (readonly [name: string, value: GgufValue])[], tensors: readonly GgufTensor[]): FileContent {
  const head = new ByteWriter();
  head.number(4, (view) => view.setUint32(0, 0x47475546));
  head.uint32(VERSION);
  head.uint64(tensors.length);
  head.uint64(keys.length);
  for (const [name, value] of keys) {
    head.string(name);
    head.value(value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    head.string(tensor.name);
    head.uint32(tensor.shape.length);
    for (const length of tensor.shape.toReversed()) head.uint64(length);
    head.uint32(TENSOR_TYPES[tensor.dtype]);
    head.uint64(offset);
    offset += sizeOf(tensor) + padding(sizeOf(tensor));
  }
  const header = head.bytes();
  const gap = new Uint8Array(padding(header.length));
  return {
    size: header.length + gap.length + offset,
    *chunks() {
      yield header;
      yield gap;
      for (const tensor of tensors) {
        const bytes = tensor.bytes();
        if (bytes.length !== sizeOf(tensor)) throw new Error(`\`${tensor.name}\` has ${bytes.length} bytes instead of ${sizeOf(tensor)}`);
        yield bytes;
        yield new Uint8Array(padding(bytes.length));
      }
    },
  };
}
