/** From the data of a page to a model that runs, in the page. */

import { checkCircuitMap } from '../../../checkpoint/map/check-circuit-map.ts';
import { readCircuitMap } from '../../../checkpoint/map/read-circuit-map.ts';
import { type OpenCheckpoint, openCheckpoint } from '../../../checkpoint/unpack-checkpoint.ts';
import { type ModelReading, readModel } from '../../../draw/model/model-reading.ts';
import { parseInput } from '../../../library/parse-input.ts';
import { loadModel } from '../../../runtime/model.ts';
import { type Observed, observe } from '../../data/observation.ts';
import type { ModelPageData } from '../../data/page-data.ts';
import { type Break, changeOf } from '../live/breaks.ts';
import { unpackFolder } from '../live/unpack-folder.ts';

export interface Engine {
  readonly reading: ModelReading;
  readonly checkpoint: OpenCheckpoint;
  /** Runs the model on what was typed; with some of its weights changed, where `breaks` says so. Throws a DiagnosticError. */
  observe(text: string, breaks: readonly Break[]): Observed;
  /** The checkpoint as it is with the changes. */
  changed(breaks: readonly Break[]): OpenCheckpoint;
}

/** Rejects with the fault, in words, where the files are not those of a model. */
export async function openEngine({ files }: ModelPageData): Promise<Engine | null> {
  if (files === null) return null;
  const folder = await unpackFolder(files);
  const map = readCircuitMap(folder);
  const checkpoint = openCheckpoint(folder);
  checkCircuitMap(map, checkpoint);
  const reading = readModel(map);
  const limits = { vocabulary: map.vocabulary.map(({ value }) => value), context: map.context };
  const changed = (breaks: readonly Break[]): OpenCheckpoint => ({ ...checkpoint, ...changeOf(breaks, checkpoint.config) });
  let loaded = { breaks: '', model: loadModel(checkpoint, map.compute) };
  return {
    reading,
    checkpoint,
    changed,
    observe(text, breaks) {
      const input = parseInput(text, limits);
      const key = breaks.length === 0 ? '' : JSON.stringify(breaks);
      if (loaded.breaks !== key) loaded = { breaks: key, model: loadModel(changed(breaks), map.compute) };
      return observe(reading, loaded.model, text, input);
    },
  };
}
