/** Writes safetensors files: the same tensors always give the same bytes, in the order that the reference implementation writes. */
import { LENGTH_BYTES, METADATA_KEY, SAFETENSORS_BITS, type SafetensorsDtype } from './safetensors-header.ts';

/** A tensor to write; `bytes` is called when its turn comes, and must give what dtype and shape ask for. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly bytes: () => Uint8Array;
  /** The same bytes, one part after the other, for tensors that are never in memory as a whole. Each is good until the next is asked for. */
  readonly pieces?: () => Iterable<Uint8Array>;
}

/** A file to write: its length is known beforehand, its bytes come in pieces, as often as asked. */
export interface FileContent {
  readonly size: number;
  readonly chunks: () => Iterable<Uint8Array>;
}

const ALIGNMENT_ORDER = Object.keys(SAFETENSORS_BITS);

/** Bytes of a tensor's values. */
export function tensorBytes({ dtype, shape }: Pick<TensorToWrite, 'dtype' | 'shape'>): number {
  return (shape.reduce((product, length) => product * length, 1) * SAFETENSORS_BITS[dtype]) / 8;
}

/**
 * One safetensors file. Tensors are ordered by alignment, largest first, then by name; the header is padded with spaces to a
 * multiple of eight, so that every tensor is aligned.
 */
export function writeSafetensors(tensors: readonly TensorToWrite[], metadata: Readonly<Record<string, string>>): FileContent {
  const ordered = tensors.toSorted(
    (a, b) => ALIGNMENT_ORDER.indexOf(b.dtype) - ALIGNMENT_ORDER.indexOf(a.dtype) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  let offset = 0;
  const entries: [string, unknown][] = ordered.map((tensor) => {
    const begin = offset;
    offset += tensorBytes(tensor);
    return [tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, offset] }];
  });
  if (new Set(ordered.map(({ name }) => name)).size !== ordered.length) throw new Error('two tensors of one name');
  const members = [[METADATA_KEY, metadata], ...entries].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const headerBytes = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;
  const header = new Uint8Array(LENGTH_BYTES + headerBytes).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerBytes), true);
  header.set(json, LENGTH_BYTES);
  return {
    size: header.length + offset,
    *chunks() {
      yield header;
      for (const tensor of ordered) {
        let length = 0;
        for (const bytes of tensor.pieces?.() ?? [tensor.bytes()]) {
          length += bytes.length;
          yield bytes;
        }
        if (length !== tensorBytes(tensor)) throw new Error(`\`${tensor.name}\` has ${length} bytes instead of ${tensorBytes(tensor)}`);
      }
    },
  };
}

/** A short file whose bytes are at hand. */
export function fileOfText(text: string): FileContent {
  const bytes = new TextEncoder().encode(text);
  return { size: bytes.length, chunks: () => [bytes] };
}

/** The whole file in memory; for short ones and tests. */
export function fileBytes(file: FileContent): Uint8Array {
  const bytes = new Uint8Array(file.size);
  let offset = 0;
  for (const chunk of file.chunks()) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
