/** What can be proven of a disguised model through its key: the plain side is followed, and what turning and renumbering may add to its errors. */
import { type CheckResult, checkCheckpoint } from '../../checker/check-checkpoint.ts';
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import type { Disguised } from '../../disguise/disguise.ts';
import { isTurned, type Recipe } from '../../disguise/recipe.ts';
import { defectOf } from '../../disguise/turn/orthogonal.ts';
import type { Program } from '../../graph/program.ts';
import { isLayerRole } from '../../targets/model-config.ts';

/** Far below a rounding of float32, and counted with it. */
const LARGEST_DEFECT = 2 ** -40;

/**
 * @param checkpoint the disguised one, which has been found to be what the key describes, byte by byte
 * @param program elaborated anew, since what the map claims is added to its graph
 */
export function judgeDisguise({ upright, undo }: Disguised, recipe: Recipe, checkpoint: OpenCheckpoint, program: Program): CheckResult {
  if (recipe.host !== null)
    return { kind: 'unproven', why: 'its circuit stands in a trained host, whose loudness is measured and not bounded' };
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
