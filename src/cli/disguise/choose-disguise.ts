/** Chooses how low anchors may be and, where nobody says, how much of a disguise can be proven: the largest share that can. */
import type { CheckResult } from '../../checker/check-checkpoint.ts';
import { fileBytes } from '../../checkpoint/safetensors/write-safetensors.ts';
import { type OpenCheckpoint, openCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { findSpare } from '../../disguise/host/fill-noise.ts';
import { giveAway } from '../../disguise/hosted/give-away.ts';
import { misfit } from '../../disguise/hosted/host.ts';
import type { Recipe, Step } from '../../disguise/recipe.ts';
import { loadModel } from '../../runtime/model.ts';
import { memoryFolder } from '../../source/byte-source.ts';
import { sourceFile } from '../../source/source-file.ts';
import { adversarialInputs, concatenate, randomInputs } from '../../verify/inputs.ts';
import { modelSubject } from '../../verify/model-subject.ts';
import { type Verification, verifyCheckpoint } from '../../verify/verify-checkpoint.ts';
import { loadSource, overridesOf } from '../session/load-file.ts';
import type { Io } from '../terminal/io.ts';
import { judgeDisguise, judgeParts } from './judge-disguise.ts';
import { type MadeDisguise, makeDisguise } from './make-disguise.ts';
import type { OpenedHost } from './open-host.ts';
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

/** What of itself a host goes on writing, and how large codes are on its stream, whose numbers are about 1: less where that is wrong on an input. */
const MANNERS = [
  { loudness: 1, scale: 0.5 },
  { loudness: 1, scale: 1 },
  { loudness: 0.5, scale: 1 },
  { loudness: 0.1, scale: 1 },
  { loudness: 0.01, scale: 0.5 },
] as const;
/**
 * Scores of compiled heads are far larger than a trained model's: they are cut off so many nats below the best, or all made weaker. Weak ones blur
 * what heads find, and what writes has to make up for it: of these the one is taken under which the host is least changed and outputs keep this
 * share of their largest margin.
 */
const SCORES = [
  { contrast: 5, strength: 1 / 8 },
  { contrast: 4, strength: 1 / 8 },
  { contrast: 8, strength: 1 / 8 },
  { contrast: 0, strength: 1 / 2 },
] as const;
const KEPT = 0.25;
/** Changed by no more than this, in logarithms, a host is as good as unchanged. */
const UNCHANGED = 0.1;

const UNASKED: CheckResult = { kind: 'unproven', why: 'nobody asked' };

export interface Wanted extends Omit<Recipe, 'amplitude' | 'host'> {
  /** Whether steps are left out until a proof holds. */
  readonly mayLeaveOut: boolean;
  /** Whether a proof is looked for where that takes each input by itself. */
  readonly wantsProof: boolean;
  readonly host: OpenedHost | null;
}

/** Diagnostics: R7765 where no share of the disguise leaves the outputs as they are. */
export async function chooseDisguise(
  plain: PlainModel,
  { mayLeaveOut, wantsProof, steps, host, ...others }: Wanted,
  io: Io,
): Promise<ChosenDisguise> {
  if (host !== null) return hostedDisguise(plain, { ...others, steps, amplitude: 0 }, host, wantsProof, io);
  const rest = { ...others, host: null };
  let first: ChosenDisguise | null = null;
  for (const less of mayLeaveOut ? LESS : LESS.slice(0, 1)) {
    const own = steps.filter((step) => !less.includes(step));
    const best = bestOf(plain, { ...rest, steps: own }, io);
    if (marginOf(best.proof) > 0) return best;
    first ??= best;
  }
  const chosen = first as ChosenDisguise;
  const proof = wantsProof ? proofOf(plain, chosen.recipe, chosen.made, io, judgeDisguise) : UNASKED;
  if (marginOf(proof) > 0) return { ...chosen, proof };
  const { failed, checked } = await tried(plain, chosen.made, io);
  if (failed > 0)
    fail('R7765', { path: plain.map.program.file, why: `it would be wrong on ${failed} of ${checked} inputs; leave a step out` });
  return chosen;
}

/** The circuit in a host that is as loud as may be. */
async function hostedDisguise(
  plain: PlainModel,
  rest: Omit<Recipe, 'host'>,
  host: OpenedHost,
  wantsProof: boolean,
  io: Io,
): Promise<ChosenDisguise> {
  const refuse = (why: string): never => fail('R7765', { path: plain.map.program.file, why });
  const why = misfit({ ...plain, spare: findSpare(plain.weights, plain.map) }, host.config);
  if (why !== null) refuse(why);
  const attempt = async (manner: (typeof MANNERS)[number], strength: number, contrast: number) => {
    const recipe: Recipe = { ...rest, host: { files: host.files, ...manner, strength, contrast } };
    const made = makeDisguise(plain, recipe, host);
    // most of what is wrong is so on few inputs already
    const first = await tried(plain, made, io, FIRST_INPUTS);
    const { failed, worstMargin } = first.failed > 0 ? first : await tried(plain, made, io);
    const changed = giveAway(made.disguised.upright.weights, host.weights);
    return { recipe, made, changed, margin: failed === 0 ? (worstMargin ?? 0) : -1 };
  };
  const proven = ({ recipe, made }: Pick<ChosenDisguise, 'recipe' | 'made'>) => ({
    recipe,
    made,
    proof: wantsProof ? proofOf(plain, recipe, made, io, judgeDisguise) : UNASKED,
  });
  for (const manner of MANNERS) {
    const all: Awaited<ReturnType<typeof attempt>>[] = [];
    for (const { strength, contrast } of SCORES) {
      const next = await attempt(manner, strength, contrast);
      if (next.margin > 0 && next.changed <= UNCHANGED) return proven(next);
      all.push(next);
    }
    const most = Math.max(...all.map(({ margin }) => margin));
    const [least] = all.filter(({ margin }) => margin > 0 && margin >= KEPT * most).sort((a, b) => a.changed - b.changed);
    if (least !== undefined) return proven(least);
  }
  return refuse(`in this host it is wrong on some inputs, even where the host writes ${MANNERS.at(-1)?.loudness} of what it wrote`);
}

/** Where nothing is proven, nothing is written that an input shows to be wrong. */
const RANDOM_INPUTS = 1000;
const FIRST_INPUTS = 50;

function tried({ map }: PlainModel, made: MadeDisguise, io: Io, count = RANDOM_INPUTS): Promise<Verification> {
  const program = loadSource(sourceFile(map.program.file, map.program.source), io, overridesOf(map));
  const [tokens, { context }] = [map.vocabulary.length, map];
  const inputs = concatenate(adversarialInputs(tokens, context), randomInputs(tokens, context, count, 1));
  return verifyCheckpoint(modelSubject(made.disguised.map, loadModel(opened(made)), program), inputs, () => {});
}

function opened({ files }: MadeDisguise): OpenCheckpoint {
  return openCheckpoint(memoryFolder(new Map(files.map(({ path, content }) => [path, fileBytes(content)]))));
}

function bestOf(plain: PlainModel, recipe: Omit<Recipe, 'amplitude'>, io: Io): ChosenDisguise {
  const tried = (recipe.steps.includes('anchors') ? AMPLITUDES : AMPLITUDES.slice(0, 1)).map((amplitude) => ({ ...recipe, amplitude }));
  let best: ChosenDisguise | null = null;
  for (const each of tried) {
    const made = makeDisguise(plain, each, null);
    const proof = proofOf(plain, each, made, io);
    if (best === null || marginOf(proof) > marginOf(best.proof)) best = { recipe: each, made, proof };
    if (marginOf(proof) >= ENOUGH) break;
  }
  return best as ChosenDisguise;
}

function marginOf(proof: CheckResult): number {
  return proof.kind === 'checked' && proof.holds ? proof.margin : Number.NEGATIVE_INFINITY;
}

function proofOf({ map }: PlainModel, recipe: Recipe, made: MadeDisguise, io: Io, judge = judgeParts): CheckResult {
  const program = loadSource(sourceFile(map.program.file, map.program.source), io, overridesOf(map));
  return judge({ disguised: made.disguised, recipe, checkpoint: opened(made), program });
}
