/** `raspc verify DIR --key FILE`: a disguised folder against its program, through the key that says what it is. */
import { basename, dirname } from 'node:path';
import type { CheckResult } from '../../checker/check-checkpoint.ts';
import { readRequiredJson } from '../../checkpoint/json/read-json.ts';
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import { openCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { readKey } from '../../disguise/key.ts';
import { loadModel, type Model } from '../../runtime/model.ts';
import { sourceFile } from '../../source/source-file.ts';
import { changedFilesOf } from '../files/compare-folders.ts';
import { openFolder } from '../files/model-folder.ts';
import { loadSource, overridesOf } from '../session/load-file.ts';
import type { Io } from '../terminal/io.ts';
import { judgeDisguise } from './judge-disguise.ts';
import { makeDisguise } from './make-disguise.ts';
import { hostOfKey } from './open-host.ts';
import { plainOfKey } from './plain-model.ts';

export interface OpenedDisguise {
  /** How the disguised model is read: the plain map with the ids that tokens have now. */
  readonly map: CircuitMap;
  readonly model: Model;
  /** Files that are not what the key makes. */
  readonly changed: readonly string[];
  readonly proof: () => CheckResult;
}

/**
 * The folder is open while `use` runs. Diagnostics: R7764, and those of opening a folder.
 *
 * @param host the folder of the trained model that the key speaks of, where it does
 */
export async function withDisguised<Result>(
  path: string,
  { key: keyFile, host }: { readonly key: string; readonly host: string | undefined },
  io: Io,
  use: (opened: OpenedDisguise) => Promise<Result>,
): Promise<Result> {
  const { directory } = io;
  const keys = openFolder(dirname(keyFile), directory);
  const folder = openFolder(path, directory);
  try {
    const file = basename(keyFile);
    const key = readKey(readRequiredJson(keys, file), file);
    const plain = plainOfKey(key, file);
    const made = makeDisguise(plain, key.recipe, hostOfKey(key.recipe, host, file, directory));
    const checkpoint = openCheckpoint(folder);
    const changed = changedFilesOf(path, directory, made.records);
    const program = () => loadSource(sourceFile(plain.map.program.file, plain.map.program.source), io, overridesOf(plain.map));
    const proof = (): CheckResult =>
      changed.length > 0
        ? { kind: 'unproven', why: `\`${changed[0]}\` is not what its key makes of the plain model` }
        : judgeDisguise({ disguised: made.disguised, recipe: key.recipe, checkpoint, program: program() });
    // what the plain map certifies is of other files
    const map: CircuitMap = { ...made.disguised.map, files: made.records, certificate: { holds: false } };
    return await use({ map, model: loadModel(checkpoint), changed, proof });
  } finally {
    keys.close();
    folder.close();
  }
}
