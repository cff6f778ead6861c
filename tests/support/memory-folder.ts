/** A packed checkpoint held in memory as the folder that it would be on disk. */

import type { PackedCheckpoint } from '../../src/checkpoint/pack-checkpoint.ts';
import { bytesSource, type ModelFolder } from '../../src/source/byte-source.ts';

export function memoryFolder({ files }: PackedCheckpoint): ModelFolder {
  const bytes = new Map(files.map(({ path, content }) => [path, Buffer.concat([...content.chunks()])]));
  return {
    path: 'memory',
    open(name) {
      const found = bytes.get(name);
      return found === undefined ? null : bytesSource(new Uint8Array(found));
    },
  };
}
