/** From the data of a page to a seeded model that runs, in the page. */
import { checkSeedMap } from '../../../checkpoint/map/seed/check-seed-map.ts';
import { readSeedMap } from '../../../checkpoint/map/seed/seed-map-schema.ts';
import { readTextTokenizer } from '../../../checkpoint/texts/text-tokenizer.ts';
import { TOKENIZER_FILE } from '../../../checkpoint/tokenizer/tokenizer-files.ts';
import { type OpenCheckpoint, openCheckpoint } from '../../../checkpoint/unpack-checkpoint.ts';
import { loadModel } from '../../../runtime/model.ts';
import type { SeededFiles } from '../../data/page-data.ts';
import { labelsOf, windowOf } from '../../data/seeded-input.ts';
import { observeSeeded, type SeededObservation } from '../../data/seeded-observation.ts';
import { unpackPrograms } from '../../data/seeded-program.ts';
import { type Break, changeOf } from '../live/breaks.ts';
import { unpackFolder } from '../live/unpack-folder.ts';

export interface SeededEngine {
  readonly checkpoint: OpenCheckpoint;
  /** Runs the model on a window as it was typed; with some of its weights changed, where `breaks` says so. Throws a DiagnosticError. */
  observe(text: string, breaks: readonly Break[]): SeededObservation;
}

/** Rejects with the fault, in words, where the files are not those of a seeded model. */
export async function openSeededEngine({ files, programs: packed }: SeededFiles): Promise<SeededEngine> {
  const folder = await unpackFolder(files);
  const map = readSeedMap(folder);
  if (map === null) throw new Error('its raspc.json is not that of a seeded model');
  const checkpoint = openCheckpoint(folder);
  checkSeedMap(map, checkpoint.config);
  const programs = unpackPrograms(packed);
  const tokenizer = folder.open(TOKENIZER_FILE) === null ? null : readTextTokenizer(folder);
  const labelOf = labelsOf(map, tokenizer);
  let loaded = { breaks: '[]', model: loadModel(checkpoint) };
  return {
    checkpoint,
    observe(text, breaks) {
      const ids = windowOf(text, map, programs, checkpoint.config, tokenizer);
      const key = JSON.stringify(breaks);
      if (loaded.breaks !== key) loaded = { breaks: key, model: loadModel({ ...checkpoint, ...changeOf(breaks, checkpoint.config) }) };
      return observeSeeded({ map, programs, model: loaded.model, labelOf }, text, ids);
    },
  };
}
