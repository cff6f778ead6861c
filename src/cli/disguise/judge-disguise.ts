/** What can be proven of a disguised model through its key: the plain side is followed, and what turning and renumbering may add to its errors. */
import { type CheckResult, checkCheckpoint } from '../../checker/check-checkpoint.ts';
import { checkEvery } from '../../checker/every/check-every.ts';
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import type { Disguised } from '../../disguise/disguise.ts';
import { isTurned, type Recipe } from '../../disguise/recipe.ts';
import { defectOf } from '../../disguise/turn/orthogonal.ts';
import type { Program } from '../../graph/program.ts';
import { isLayerRole } from '../../targets/model-config.ts';

/** Far below a rounding of float32, and counted with it. */
const LARGEST_DEFECT = 2 ** -40;

/** A disguised model: what it is made of, and its folder, which has been found to be what the key describes, byte by byte. */
export interface Judged {
  readonly disguised: Disguised;
  readonly recipe: Recipe;
  readonly checkpoint: OpenCheckpoint;
  /** Elaborated anew, since what the map claims is added to its graph. */
  readonly program: Program;
}

/** By its parts, and where that shows nothing, by its inputs one by one. */
export function judgeDisguise(judged: Judged): CheckResult {
  const { disguised, checkpoint, program } = judged;
  const byParts = judgeParts(judged);
  if (byParts.kind === 'checked' && byParts.holds) return byParts;
  const each = checkEvery({ map: disguised.map, checkpoint, program });
  return each.kind === 'checked' && (each.holds || byParts.kind === 'unproven') ? each : byParts;
}

export function judgeParts({ disguised: { upright, undo }, recipe, checkpoint, program }: Judged): CheckResult {
  if (recipe.host !== null) return { kind: 'unproven', why: 'its circuit stands among trained weights, of whose parts nothing is known' };
  const { stream, heads } = isTurned(recipe);
  const turned = stream || heads ? { stream, heads } : null;
  const matrices = [undo.stream ?? [], ...(undo.heads?.values ?? []).flat(), ...(undo.heads?.scores ?? []).flat()];
  if (matrices.some((matrix) => !(defectOf(matrix) <= LARGEST_DEFECT)))
    return { kind: 'unproven', why: 'a matrix of its key is not orthogonal' };
  const { model, layers } = upright.weights;
  const change: NonNullable<OpenCheckpoint['change']> = (role, layer) => {
    const tensor = isLayerRole(role) ? layers[layer as number]?.[role] : model[role];
    if (tensor === undefined) throw new Error(`the plain model has no \`${role}\``);
    // what is only renumbered is stored as it stands here
    return turned === null ? tensor.data.map(Math.fround) : tensor.data;
  };
  return checkCheckpoint({ map: upright.map, checkpoint: { ...checkpoint, change }, program, disguise: { turned } });
}
