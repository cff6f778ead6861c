/** From graph to placement under one way to encode, with the bounds of its errors. */

import type { Circuit } from '../circuit/circuit.ts';
import { EffortSpent } from '../circuit/effort.ts';
import { assertCircuit } from '../circuit/invariants.ts';
import type { Export, Program } from '../graph/program.ts';
import { allocate } from '../passes/allocate/allocate.ts';
import { ownDimensions, type Residence, sharedDimensions } from '../passes/allocate/residence.ts';
import { assignIds, type OutputIds } from '../passes/assemble/assign-ids.ts';
import type { Facts } from '../passes/facts/facts.ts';
import type { Care } from '../passes/lower/care.ts';
import type { LoweringOptions } from '../passes/lower/lower-selectors.ts';
import { lowerToCircuit } from '../passes/lower/lower-to-circuit.ts';
import { type Snap, snapComputed, snapStored, UNSNAPPED } from '../passes/lower/snap.ts';
import { type Schedule, schedule } from '../passes/schedule/schedule.ts';
import { assertPlacement } from '../placement/invariants.ts';
import type { Placement } from '../placement/placement.ts';
import { isSingle, type Precision } from '../placement/storage.ts';
import type { Certificate } from '../predict/certificate.ts';
import { predictHalf } from '../predict/half/predict-half.ts';
import { predictSingle } from '../predict/single/predict-single.ts';
import { scoreRoot } from '../targets/model-config.ts';
import { checkCapacity, checkTables, parametersOf } from './check-capacity.ts';
import type { CompileOptions } from './options.ts';

export type Encoding = Pick<LoweringOptions, 'sharp' | 'decoded' | 'optimizations'> & {
  /** Where dense codes have failed; is told where they are. */
  readonly care: Care;
};

export interface Placed {
  readonly circuit: Circuit;
  readonly placement: Placement;
  readonly ids: OutputIds;
  readonly certificate: Certificate;
  /** The longest input, in tokens. */
  readonly context: number;
}

/** Beyond this, rotary positions say themselves which of two keys is nearer: a count of positions is too coarse soon after. */
const LONG_CONTEXT = 512;

/** Parameters from which on bounding errors takes a second or more, and no place is mended (`mend.ts`). */
const LARGE = 8_000_000;

/** A decision of a large circuit that is off by more than so many times what is allowed is off in much the same way elsewhere. */
const VAIN = 2;

/** Whether it fails so that dimensions of their own for everything are not worth the time: by far, or its sums added up exactly. */
function isFarOff({ certificate, ...placed }: Placed): boolean {
  return isLarge(placed) && (certificate.isLeast === true || certificate.worstMargin < 1 - VAIN);
}

function isLarge({ placement, context, ids }: Pick<Placed, 'placement' | 'context' | 'ids'>): boolean {
  return parametersOf(placement, { context }, ids) > LARGE;
}

/** A model before it has weights. */
export interface PlacedSize {
  readonly parameters: number;
  readonly layers: number;
}

/**
 * From graph to placement, with the bounds of its errors. Throws {@link EffortSpent} where it takes too much, or a model of its size would not be
 * taken if it were right.
 */
export function place(
  { graph, generation }: Program,
  facts: Facts,
  exports: readonly Export[],
  options: CompileOptions,
  encoding: Encoding,
  isWorthBounding: (size: PlacedSize) => boolean,
): Placed {
  const { target, dtype, compute, sizes, onStage } = options;
  const { traits } = target;
  const { assumptions } = facts;
  const { context } = assumptions;
  const { optimizations } = encoding;
  const precision: Precision = { stored: dtype, computed: compute };
  const lower = (snap: Snap) => {
    onStage?.('choosing heads and neurons');
    const circuit = lowerToCircuit(graph, facts, exports, {
      positions: traits.positions,
      turnsOrder: isSingle(precision) && sizes === undefined && traits.positions.kind === 'rotary' && context > LONG_CONTEXT,
      ...encoding,
      snap,
      appended: traits.output === 'language-model' ? (generation?.name ?? null) : null,
    });
    assertCircuit(circuit);
    onStage?.('choosing layers');
    const goals = { leastLayers: sizes?.layers ?? 1, optimizations, solve: options.solve };
    return { circuit, plan: schedule(circuit, traits, goals) };
  };
  const isNarrow = optimizations.has('narrow-frame');
  const allocateTo = (residence: Residence) => allocate(lowered.circuit, residence, target, { precision, isNarrow, exact: sizes ?? null });
  let lowered = lower(UNSNAPPED);
  // The scores that a weight can stand for depend on the size of the heads.
  for (let dim = 0, next = 0; !isSingle(precision); dim = next) {
    next = allocateTo(ownDimensions(lowered.plan)).sizes.dim;
    if (next === dim) break;
    const root = scoreRoot(traits, { dim: next });
    lowered = lower(compute === 'f32' ? snapStored(dtype, root) : snapComputed(compute, root));
  }
  const ids = assignIds(lowered.circuit, assumptions.vocabulary, traits.output);
  const finish = (placement: Placement): Placed => {
    if (sizes === undefined) checkCapacity(placement, assumptions, ids);
    else checkTables(sizes, target, assumptions, ids);
    assertPlacement(placement, traits);
    onStage?.('bounding errors');
    // Nothing of a large circuit is mended: whether it fails is all that is asked, unless it is to be written all the same.
    const isLeastFirst = !options.unproven && isLarge({ placement, context, ids });
    const certificate =
      compute === 'f32' ? predictSingle(placement, traits, context, isLeastFirst) : predictHalf(placement, traits, context);
    return { circuit: lowered.circuit, placement, ids, certificate, context };
  };
  onStage?.('choosing dimensions');
  const mayReuse = compute === 'f32' && sizes === undefined && optimizations.has('reused-dimensions');
  const own = allocateTo(ownDimensions(lowered.plan));
  const smaller = mayReuse ? reusing(lowered.plan, own) : null;
  const least = smaller ?? own;
  if (!isWorthBounding({ parameters: parametersOf(least, assumptions, ids), layers: least.layers.length })) throw new EffortSpent();
  const first = finish(least);
  return smaller === null || first.certificate.holds || isFarOff(first) ? first : finish(own);

  /** The smallest of what there is where nothing is cleared, as much as neurons are idle for, or everything; null where that is the first. */
  function reusing(plan: Schedule, plain: Placement): Placement | null {
    const rooms = [(layer: number) => plain.sizes.hidden - (plan.layers[layer]?.neurons ?? 0) - 1, () => Number.POSITIVE_INFINITY];
    let best: Placement | null = null;
    let least = parametersOf(plain, assumptions, ids);
    for (const room of rooms) {
      const placement = allocateTo(sharedDimensions(plan, traits, plain.storage, room));
      const parameters = parametersOf(placement, assumptions, ids);
      if (parameters < least) [best, least] = [placement, parameters];
    }
    return best;
  }
}
