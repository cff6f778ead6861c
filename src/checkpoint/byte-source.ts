/** Where bytes come from: the command line hands these in, so that nothing here knows about files. */

/** A file's bytes, read where asked. `read` may only be called inside `size`, and returns exactly `length` bytes. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

/** A folder of model files. */
export interface ModelFolder {
  /** The folder as the user wrote it, for messages. */
  readonly path: string;
  /** The file of this name in the folder itself, or null where there is none. */
  open(name: string): ByteSource | null;
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.byteLength, read: (offset, length) => bytes.subarray(offset, offset + length) };
}
