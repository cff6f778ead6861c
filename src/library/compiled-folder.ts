/** A compiled folder with its parts at hand: the model, the circuit map, and the program that the map carries. */

import { checkCircuitMap } from '../checkpoint/map/check-circuit-map.ts';
import { type CircuitMap, MAP_FILE } from '../checkpoint/map/circuit-map.ts';
import { readCircuitMap } from '../checkpoint/map/read-circuit-map.ts';
import { type OpenCheckpoint, openCheckpoint } from '../checkpoint/unpack-checkpoint.ts';
import { fail } from '../diagnostics/catalog.ts';
import type { ElaboratedProgram } from '../graph/elaborate/elaborate.ts';
import { loadProgram } from '../graph/elaborate/load-program.ts';
import { loadModel, type Model } from '../runtime/model.ts';
import type { ModelFolder } from '../source/byte-source.ts';
import { sourceFile } from '../source/source-file.ts';
import type { ProgramOptions } from './load-text.ts';

export interface CompiledFolder {
  readonly map: CircuitMap;
  readonly model: Model;
  readonly checkpoint: OpenCheckpoint;
}

/** Diagnostics: R70… of what cannot be read, R75… of a map that the weights are not of. */
export function openCompiled(folder: ModelFolder): CompiledFolder {
  if (folder.open(MAP_FILE) === null) fail('R7010', { file: MAP_FILE, folder: folder.path });
  const map = readCircuitMap(folder);
  const checkpoint = openCheckpoint(folder);
  checkCircuitMap(map, checkpoint);
  return { map, checkpoint, model: loadModel(checkpoint, map.compute) };
}

/** The program of a map's own source, under the vocabulary, context and direction that it was compiled for. */
export function programOf(map: CircuitMap, load: NonNullable<ProgramOptions['load']> = () => null): ElaboratedProgram {
  return loadProgram({
    file: sourceFile(map.program.file, map.program.source),
    loader: (path) => {
      const found = load(path);
      return found === null ? null : sourceFile(`${path}.rasp`, found);
    },
    exports: map.outputs.map(({ name }) => name),
    vocabulary: { kind: 'tokens', values: map.vocabulary.map(({ value }) => value), span: null },
    context: map.context,
    causal: map.causal,
  });
}
