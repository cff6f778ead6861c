/** Files of a model's folder, packed to be carried in a page. */
import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import { MAP_FILE } from '../../checkpoint/map/circuit-map.ts';
import { CODES_FILE } from '../../checkpoint/map/seed/seed-map.ts';
import { INDEX_FILE } from '../../checkpoint/safetensors/tensor-store.ts';
import { openFolder } from './model-folder.ts';

/** What a page can carry: of the files as they are, which the browser has to hold, and of the page. */
const MOST_BYTES = 256e6;
const MOST_PACKED = 32e6;

export interface PackedFiles {
  /** By name, gzipped and then base64; null where they are too much. */
  readonly files: Readonly<Record<string, string>> | null;
  /** Why there are none. */
  readonly why: string | null;
}

/** Where somebody wants a page without its model. */
export const UNPACKED: PackedFiles = {
  files: null,
  why: 'The model is not in the page: it was written so. Inputs cannot be changed; what is shown was recorded.',
};

/** A file that the page finds under another name, or that lies elsewhere. */
export interface FileBeside {
  readonly as: string;
  readonly folder: string;
  readonly name: string;
}

/** Of grafts onto a grafted model. */
const LATER_CODES = Array.from({ length: 8 }, (_, i) => CODES_FILE.replace('.', `-${i + 2}.`));

/** @param weights files of the folder beside its config, its map with its codes, and the index of its weights */
export function packFiles(path: string, directory: string, weights: readonly string[], beside: readonly FileBeside[] = []): PackedFiles {
  const own = [CONFIG_FILE, MAP_FILE, CODES_FILE, ...LATER_CODES, INDEX_FILE, ...weights].map(
    (name): FileBeside => ({ as: name, folder: path, name }),
  );
  const wanted = new Map([...own, ...beside].map((file) => [file.as, file]));
  const folders = new Map([...wanted.values()].map(({ folder }) => [folder, openFolder(folder, directory)]));
  try {
    const sources = [...wanted].flatMap(([as, { folder, name }]) => {
      const source = folders.get(folder)?.open(name) ?? null;
      return source === null ? [] : [{ name: as, source }];
    });
    const bytes = sources.reduce((sum, { source }) => sum + source.size, 0);
    const tooMuch = (size: number, limit: number): PackedFiles => ({
      files: null,
      why: `The model is not in the page: it is ${megabytes(size)}, and a page carries ${megabytes(limit)}. So inputs cannot be changed; what is shown was recorded.`,
    });
    if (bytes > MOST_BYTES) return tooMuch(bytes, MOST_BYTES);
    const files: Record<string, string> = {};
    let packed = 0;
    for (const { name, source } of sources) {
      // without a clock: gzip writes none
      const text = Buffer.from(gzipSync(source.read(0, source.size), { level: 9 })).toString('base64');
      packed += text.length;
      if (packed > MOST_PACKED) return tooMuch(packed, MOST_PACKED);
      files[name] = text;
    }
    return { files, why: null };
  } finally {
    for (const folder of folders.values()) folder.close();
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
