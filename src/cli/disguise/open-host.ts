/** The trained model that a disguise is given for a host: its weights, and its files by their hashes, by which a key knows it again. */
import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import type { MapFile } from '../../checkpoint/map/circuit-map.ts';
import { openCheckpoint, unpackWeights } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { Host } from '../../disguise/hosted/host.ts';
import type { Recipe } from '../../disguise/recipe.ts';
import { hashOf } from '../files/compare-folders.ts';
import { openFolder } from '../files/model-folder.ts';

export interface OpenedHost extends Host {
  readonly files: readonly MapFile[];
}

/** Diagnostics: those of opening a folder. */
export function openHost(path: string, directory: string): OpenedHost {
  const folder = openFolder(path, directory);
  try {
    const checkpoint = openCheckpoint(folder);
    const files = [CONFIG_FILE, ...checkpoint.store.files].flatMap((name) => {
      const source = folder.open(name);
      return source === null ? [] : [{ path: name, sha256: hashOf(source), bytes: source.size }];
    });
    return { config: checkpoint.config, weights: unpackWeights(checkpoint), files };
  } finally {
    folder.close();
  }
}

/** The host that a key speaks of; null where it speaks of none. Diagnostics: R7764 where it is not given, is another, or is given for nothing. */
export function hostOfKey({ host: wanted }: Recipe, path: string | undefined, file: string, directory: string): Host | null {
  if (wanted === null) {
    if (path !== undefined) fail('R7764', { file, why: 'it speaks of no host, and `--host` gives one' });
    return null;
  }
  if (path === undefined) return fail('R7764', { file, why: 'its circuit stands in a trained host: give that with `--host`' });
  const host = openHost(path, directory);
  const other = wanted.files.find(({ path: name, sha256 }) => host.files.find((own) => own.path === name)?.sha256 !== sha256);
  if (other !== undefined || host.files.length !== wanted.files.length)
    fail('R7764', { file, why: `\`${path}\` is not the host that it speaks of: its \`${other?.path ?? 'files'}\` is another` });
  return host;
}
