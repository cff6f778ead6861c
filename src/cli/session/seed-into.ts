/** Writes changes of a seed over a checkpoint that is there: a new folder with every other byte, and every other file, as it was. */
import { lstatSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MAP_FILE } from '../../checkpoint/map/circuit-map.ts';
import { overwriteTensors, type TensorChange } from '../../checkpoint/overwrite-tensors.ts';
import type { PackedFile } from '../../checkpoint/pack-checkpoint.ts';
import type { TiedCheckpoint } from '../../checkpoint/stored-twice.ts';
import { applyChange, type Change } from '../../seed/write/changes.ts';
import { FREEZE_FILE } from '../../seed/write/pack-seed.ts';
import type { ByteSource } from '../../source/byte-source.ts';
import type { OpenFolder } from '../files/model-folder.ts';

/** What a seed writes itself. */
const OWN_FILES = [MAP_FILE, FREEZE_FILE];

const PIECE = 2 ** 23;

/** The checkpoint's own files, weights changed; `raspc.json` and `freeze.safetensors` are left to the caller. */
export function changedCheckpoint(
  folder: OpenFolder,
  { checkpoint, twin }: TiedCheckpoint,
  changes: readonly Change[],
  directory: string,
): PackedFile[] {
  const byTensor = new Map<string, Change[]>();
  for (const change of changes) byTensor.set(change.tensor, [...(byTensor.get(change.tensor) ?? []), change]);
  const changed = new Map(
    checkpoint.tensors.flatMap(({ name, shape, located, spec }): [string, TensorChange][] => {
      const own = byTensor.get(name);
      if (own === undefined) return [];
      const apply: TensorChange = (values) => own.forEach((change) => void applyChange(change, values, shape[1] ?? 1));
      const others = twin !== null && spec.holds.includes('tokenEmbedding') ? [twin] : [];
      return [located, ...others].map((stored) => [stored.name, apply]);
    }),
  );
  const weights = overwriteTensors(folder, checkpoint.store, changed);
  return [...otherFiles(folder, checkpoint.store.files, directory), ...weights];
}

/** The files of a folder beside its weights and what a seed writes itself, to be copied. */
export function otherFiles(folder: OpenFolder, weights: readonly string[], directory: string): PackedFile[] {
  const root = resolve(directory, folder.path);
  const others = readdirSync(root)
    .filter((name) => !weights.includes(name) && !OWN_FILES.includes(name) && lstatSync(join(root, name)).isFile())
    .sort();
  return others.flatMap((path) => copied(path, folder.open(path)));
}

function copied(path: string, source: ByteSource | null): PackedFile[] {
  if (source === null) return [];
  const chunks = function* (): Generator<Uint8Array> {
    for (let at = 0; at < source.size; at += PIECE) yield source.read(at, Math.min(PIECE, source.size - at));
  };
  return [{ path, content: { size: source.size, chunks } }];
}
