/** Where bytes come from: the command line hands these in, so that nothing here knows about files. */

/** A file's bytes, read where asked. */
export interface ByteSource {
  readonly size: number;
  /**
   * Exactly `length` bytes, inside `size`. What is read piece by piece gives the same room each time, `into`, of at least that length: it may
   * be what comes back.
   */
  read(offset: number, length: number, into?: Uint8Array): Uint8Array;
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

/** Files in memory as a folder. */
export function memoryFolder(files: ReadonlyMap<string, Uint8Array>, path = 'memory'): ModelFolder {
  return {
    path,
    open(name) {
      const found = files.get(name);
      return found === undefined ? null : bytesSource(found);
    },
  };
}
