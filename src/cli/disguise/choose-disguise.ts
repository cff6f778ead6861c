/** Chooses how low anchors may be and, where nobody says, how much of a disguise can be proven: the largest share that can. */
import type { CheckResult } from '../../checker/check-checkpoint.ts';
import { fileBytes } from '../../checkpoint/safetensors/write-safetensors.ts';
import { type OpenCheckpoint, openCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import type { Recipe, Step } from '../../disguise/recipe.ts';
import { loadModel } from '../../runtime/model.ts';
import { memoryFolder } from '../../source/byte-source.ts';
import { sourceFile } from '../../source/source-file.ts';
import { adversarialInputs, concatenate, randomInputs } from '../../verify/inputs.ts';
import { modelSubject } from '../../verify/model-subject.ts';
import { type Verification, verifyCheckpoint } from '../../verify/verify-checkpoint.ts';
import { loadSource, overridesOf } from '../session/load-file.ts';
import type { Io } from '../terminal/io.ts';
import { judgeDisguise } from './judge-disguise.ts';
import { type MadeDisguise, makeDisguise } from './make-disguise.ts';
import type { PlainModel } from './plain-model.ts';

/** What anchors may hold: much costs roundings of what is turned, little costs what norms are off by. */
const AMPLITUDES = [32, 16, 64, 8, 128, 256];
/** A margin with which the search for a better one ends. */
const ENOUGH = 0.9;
/** What is left out in turn until a proof holds. */
const LESS: readonly (readonly Step[])[] = [[], ['heads'], ['heads', 'stream'], ['heads', 'stream', 'layers', 'noise', 'parts', 'anchors']];

export interface ChosenDisguise {
  readonly recipe: Recipe;
  readonly made: MadeDisguise;
  readonly proof: CheckResult;
}

export interface Wanted extends Omit<Recipe, 'amplitude'> {
  /** Whether steps are left out until a proof holds. */
  readonly mayLeaveOut: boolean;
}

/** Diagnostics: R7765 where no share of the disguise leaves the outputs as they are. */
export async function chooseDisguise(plain: PlainModel, { mayLeaveOut, steps, ...rest }: Wanted, io: Io): Promise<ChosenDisguise> {
  let first: ChosenDisguise | null = null;
  for (const less of mayLeaveOut ? LESS : LESS.slice(0, 1)) {
    const own = steps.filter((step) => !less.includes(step));
    const best = bestOf(plain, { ...rest, steps: own }, io);
    if (marginOf(best.proof) > 0) return best;
    first ??= best;
  }
  const chosen = first as ChosenDisguise;
  const { failed, checked } = await tried(plain, chosen.made, io);
  if (failed > 0)
    fail('R7765', { path: plain.map.program.file, why: `it would be wrong on ${failed} of ${checked} inputs; leave a step out` });
  return chosen;
}

/** Where nothing is proven, nothing is written that an input shows to be wrong. */
const RANDOM_INPUTS = 1000;

function tried({ map }: PlainModel, made: MadeDisguise, io: Io): Promise<Verification> {
  const program = loadSource(sourceFile(map.program.file, map.program.source), io, overridesOf(map));
  const [tokens, { context }] = [map.vocabulary.length, map];
  const inputs = concatenate(adversarialInputs(tokens, context), randomInputs(tokens, context, RANDOM_INPUTS, 1));
  return verifyCheckpoint(modelSubject(made.disguised.map, loadModel(opened(made)), program), inputs, () => {});
}

function opened({ files }: MadeDisguise): OpenCheckpoint {
  return openCheckpoint(memoryFolder(new Map(files.map(({ path, content }) => [path, fileBytes(content)]))));
}

function bestOf(plain: PlainModel, recipe: Omit<Recipe, 'amplitude'>, io: Io): ChosenDisguise {
  const tried = (recipe.steps.includes('anchors') ? AMPLITUDES : AMPLITUDES.slice(0, 1)).map((amplitude) => ({ ...recipe, amplitude }));
  let best: ChosenDisguise | null = null;
  for (const each of tried) {
    const made = makeDisguise(plain, each);
    const proof = proofOf(plain, each, made, io);
    if (best === null || marginOf(proof) > marginOf(best.proof)) best = { recipe: each, made, proof };
    if (marginOf(proof) >= ENOUGH) break;
  }
  return best as ChosenDisguise;
}

function marginOf(proof: CheckResult): number {
  return proof.kind === 'checked' && proof.holds ? proof.margin : Number.NEGATIVE_INFINITY;
}

function proofOf({ map }: PlainModel, recipe: Recipe, made: MadeDisguise, io: Io): CheckResult {
  const program = loadSource(sourceFile(map.program.file, map.program.source), io, overridesOf(map));
  return judgeDisguise(made.disguised, recipe, opened(made), program);
}
