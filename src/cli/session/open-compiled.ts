/** Opens a folder that `raspc compile` wrote, ready to run: the model, and the circuit map that says how to read it. */
import { basename, dirname } from 'node:path';
import { checkCircuitMap } from '../../checkpoint/map/check-circuit-map.ts';
import { type CircuitMap, MAP_FILE } from '../../checkpoint/map/circuit-map.ts';
import { readCircuitMap } from '../../checkpoint/map/read-circuit-map.ts';
import { checkTokenizer, readTokenizer } from '../../checkpoint/tokenizer/read-tokenizer.ts';
import { type OpenCheckpoint, openCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { loadModel, type Model } from '../../runtime/model.ts';
import type { ModelFolder } from '../../source/byte-source.ts';
import { openFolder } from '../files/model-folder.ts';

export interface Compiled {
  readonly map: CircuitMap;
  readonly model: Model;
  /** To be read while the folder is open. */
  readonly checkpoint: OpenCheckpoint;
}

/** The folder is open while `use` runs. */
export async function withCompiled<Result>(
  path: string,
  directory: string,
  use: (compiled: Compiled) => Result | Promise<Result>,
): Promise<Result> {
  const folder = openFolder(path, directory);
  try {
    if (folder.open(MAP_FILE) === null) fail('R7010', { file: MAP_FILE, folder: path });
    const map = readCircuitMap(folder);
    const checkpoint = openMapped(map, folder);
    const tokenizer = readTokenizer(folder);
    if (tokenizer !== null) checkTokenizer(map, tokenizer);
    return await use({ map, model: loadModel(checkpoint, map.compute), checkpoint });
  } finally {
    folder.close();
  }
}

/** As {@link withCompiled}, for a checkpoint whose map, the file `mapPath`, is that of the one it was trained from. */
export async function withTrained<Result>(
  path: string,
  mapPath: string,
  directory: string,
  use: (compiled: Compiled) => Result | Promise<Result>,
): Promise<Result> {
  const map = readMap(mapPath, directory);
  const folder = openFolder(path, directory);
  try {
    const checkpoint = openMapped(map, folder);
    return await use({ map, model: loadModel(checkpoint, map.compute), checkpoint });
  } finally {
    folder.close();
  }
}

function openMapped(map: CircuitMap, folder: ModelFolder): OpenCheckpoint {
  const checkpoint = openCheckpoint(folder);
  checkCircuitMap(map, checkpoint);
  return checkpoint;
}

function readMap(mapPath: string, directory: string): CircuitMap {
  const maps = openFolder(dirname(mapPath), directory);
  try {
    const file = maps.open(basename(mapPath)) ?? fail('R7010', { file: basename(mapPath), folder: dirname(mapPath) });
    return readCircuitMap({ path: maps.path, open: () => file });
  } finally {
    maps.close();
  }
}

/** BOS and the ids of an input's tokens. */
export function idsOfInput(map: CircuitMap, input: readonly CircuitMap['vocabulary'][number]['value'][]): Int32Array {
  const ids = new Map(map.vocabulary.map(({ id, value }) => [value, id]));
  return Int32Array.of(map.bos.id, ...input.map((value) => ids.get(value) as number));
}
