/** What `raspc verify` does: a compiled folder tried on inputs, and its certificate re-established from the bytes. */
import { type CheckResult, checkCheckpoint } from '../checker/check-checkpoint.ts';
import type { ModelFolder } from '../source/byte-source.ts';
import { adversarialInputs, allInputs, concatenate, countInputs, randomInputs } from '../verify/inputs.ts';
import { modelSubject } from '../verify/model-subject.ts';
import { type Verification, verifyCheckpoint } from '../verify/verify-checkpoint.ts';
import { openCompiled, programOf } from './compiled-folder.ts';
import type { ProgramOptions } from './load-text.ts';

export interface VerifyFolderOptions extends Pick<ProgramOptions, 'load'> {
  /** Random inputs, beside those made to break things; where there are at most so many inputs, all of them are tried (default: 10,000). */
  readonly samples?: number;
  readonly seed?: number;
}

export interface FolderVerification {
  /** What was tried. */
  readonly tried: Verification;
  /** What is proven of these bytes for every input; `holds` is false, or `kind` is `unproven`, where nothing is. */
  readonly proof: CheckResult;
}

/** Compares with the program whose source the map carries. Diagnostics: those of opening the folder, and of the source. */
export async function verifyFolder(folder: ModelFolder, options: VerifyFolderOptions = {}): Promise<FolderVerification> {
  const { samples = 10_000, seed = 1, load } = options;
  const { map, model, checkpoint } = openCompiled(folder);
  const [vocabulary, { context }] = [map.vocabulary.length, map];
  const inputs =
    countInputs(vocabulary, context) <= samples
      ? allInputs(vocabulary, context)
      : concatenate(adversarialInputs(vocabulary, context), randomInputs(vocabulary, context, samples, seed));
  const tried = await verifyCheckpoint(modelSubject(map, model, programOf(map, load)), inputs, () => {});
  // elaborated once more, since what the map claims is added to its graph
  return { tried, proof: checkCheckpoint({ map, checkpoint, program: programOf(map, load) }) };
}
