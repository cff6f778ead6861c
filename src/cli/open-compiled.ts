/** Opens a folder that `raspc compile` wrote, ready to run: the model, and the circuit map that says how to read it. */
import { type CircuitMap, MAP_FILE } from '../checkpoint/circuit-map.ts';
import { checkCircuitMap, readCircuitMap } from '../checkpoint/read-circuit-map.ts';
import { checkTokenizer, readTokenizer } from '../checkpoint/read-tokenizer.ts';
import { openCheckpoint } from '../checkpoint/unpack-checkpoint.ts';
import { fail } from '../diagnostics/catalog.ts';
import { loadModel, type Model } from '../runtime/model.ts';
import { openFolder } from './model-folder.ts';

export interface Compiled {
  readonly map: CircuitMap;
  readonly model: Model;
}

export function openCompiled(path: string, directory: string): Compiled {
  const folder = openFolder(path, directory);
  try {
    if (folder.open(MAP_FILE) === null) fail('R7010', { file: MAP_FILE, folder: path });
    const map = readCircuitMap(folder);
    const checkpoint = openCheckpoint(folder);
    checkCircuitMap(map, checkpoint.config);
    const tokenizer = readTokenizer(folder);
    if (tokenizer !== null) checkTokenizer(map, tokenizer);
    return { map, model: loadModel(checkpoint, map.compute) };
  } finally {
    folder.close();
  }
}

/** BOS and the ids of an input's tokens. */
export function idsOfInput(map: CircuitMap, input: readonly CircuitMap['vocabulary'][number]['value'][]): Int32Array {
  const ids = new Map(map.vocabulary.map(({ id, value }) => [value, id]));
  return Int32Array.of(map.bos.id, ...input.map((value) => ids.get(value) as number));
}
