/**
 * Allocates the residual stream: the norm's frame gets dimensions beside those of the registers, and the model its sizes. Enters a circuit, its
 * schedule and who lives where, leaves a placement.
 */
import type { Circuit, Register } from '../../circuit/circuit.ts';
import { worstScaleError } from '../../placement/energy.ts';
import { headLayout, type RotaryPlan, rotaryPlan } from '../../placement/head-layout.ts';
import { orderPair } from '../../placement/order-gain.ts';
import type { Frame, PlacedLayer, Placement, PlacementSizes } from '../../placement/placement.ts';
import { isSingle, type Precision, type Storage, storageOf } from '../../placement/storage.ts';
import { writes } from '../../placement/write-norm.ts';
import type { Target, Traits } from '../../targets/target.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { Sizes } from '../../weights/roles.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { checkSizes } from './check-sizes.ts';
import type { Residence } from './residence.ts';

/**
 * C of the anchors (docs/norm.md). Every live value is at most about 1, so the norm's scale is off by E/(anchors·2C²);
 * more would cost bits of the residual stream's own f32 sums.
 */
const ANCHOR_AMPLITUDE = 4096;
/**
 * Where activations are rounded to half precision, so is what the norm gives, and an error of its scale far below that rounding is none at
 * all. The smallest anchors with such an error leave the least rounding in the sum that the mean is taken of.
 */
const ROUNDED_ANCHOR_AMPLITUDES = [16, 32, 64, 128, 256, 512];
const HARMLESS_SCALE_ERROR: Readonly<Record<Dtype, number>> = { f32: 0, f16: 2 ** -13, bf16: 2 ** -10 };
/** Fewer turning pairs than this tell distances apart badly. */
const DISTANCE_PAIRS = 8;
/** Far above float32's rounding, and far below that of half precision, under which a gain is either a power of two or wrong. */
const GAIN_TOLERANCE = 2 ** -16;
/** A number that storing does not change, in float64. */
const EXACT = 2 ** -48;
/** In half precision a constant needs up to two numbers beside the bias, or three without, each on an anchor unit of its own. */
const SPLITTING_ANCHORS = 4;

export interface AllocationOptions {
  readonly precision: Precision;
  /** Whether two anchors may do, whatever the width. */
  readonly isNarrow: boolean;
  /** The sizes that the model must have; null for the smallest that do. */
  readonly exact: Sizes | null;
}

export function allocate(
  circuit: Circuit,
  { schedule, dimensions, count: taken }: Residence,
  target: Target,
  { precision, isNarrow, exact }: AllocationOptions,
): Placement {
  const { traits, config } = target;
  let next = taken;
  const centred = traits.norm === 'layer-norm';
  const balance = centred ? next++ : null;
  const ownBalance = new Map<Register, readonly number[]>();
  if (centred && precision.computed !== 'f32') {
    for (const [register, { written }] of schedule.lifetimes) {
      if (written === 'embedding' && isDyadic(register)) continue;
      ownBalance.set(
        register,
        register.features.map(() => next++),
      );
    }
  }
  const reference = centred ? next++ : null;
  const reach = largestReach(schedule);
  const rotaryOf = (dim: number) => rotaryPlan(config, precision.computed, dim, reach);
  const heads: HeadRules = { rotaryOf, computed: precision.computed, apart: traits.headNorms === 'none' ? 1 : 2 };
  const storageAt = (width: number) => storageOf(target, precision, width);
  const anchorsOf = (width: number) => anchorCount(width, next, storageAt(width), isNarrow);
  const sizes =
    exact === null
      ? chooseSizes(schedule, traits, heads, next, anchorsOf)
      : checkSizes(exact, {
          layers: schedule.layers.length,
          heads: mostHeads(schedule, traits),
          isDim: (dim) => fits(schedule, heads, dim),
          leastDim: headSize(schedule, heads),
          hidden: mostNeurons(schedule, traits),
          used: next,
          isWidth: (width) => anchorsOf(width) !== null,
          registers: [...schedule.lifetimes.keys()],
          groups: schedule.layers.flatMap((l) => l.groups.map((g) => g.group)),
          config,
        });
  const storage = storageAt(sizes.width);
  const count = anchorsOf(sizes.width) as number;
  const anchors = Array.from({ length: count }, (_, i) => sizes.width - count + i);
  const placementWith = (wanted: number): Placement => {
    const amplitude = anchorAmplitude(wanted, count / sizes.width, storage);
    const frame: Frame = { anchors, amplitude, sigma: amplitude * Math.sqrt(count / sizes.width), balance, ownBalance, reference };
    return {
      circuit,
      layers: schedule.layers,
      goals: schedule.goals,
      dimensions,
      lifetimes: schedule.lifetimes,
      frame,
      rotary: rotaryOf(sizes.dim),
      sizes,
      epsilon: config.epsilon.absent,
      storage,
    };
  };
  if (precision.computed === 'f32') return placementWith(ANCHOR_AMPLITUDE);
  const placements = ROUNDED_ANCHOR_AMPLITUDES.map(placementWith);
  const harmless = HARMLESS_SCALE_ERROR[precision.computed];
  return placements.find((each) => worstScaleError(each) <= harmless) ?? (placements.at(-1) as Placement);
}

/** The largest amplitude, as the model has it, under which the norm's gain can be stored. */
function anchorAmplitude(most: number, share: number, storage: Storage): number {
  const isStored = (amplitude: number) => {
    const gain = amplitude * Math.sqrt(share);
    return Math.abs(storage.gain(gain) / gain - 1) < GAIN_TOLERANCE;
  };
  let wanted = most;
  while (wanted > 1 && !isStored(storage.embedding(wanted))) wanted /= 2;
  return storage.embedding(wanted);
}

/** The largest distance over which a head scores an order. */
function largestReach({ layers }: Schedule): number | null {
  const reaches = layers.flatMap(({ heads }) => heads.flatMap(({ order }) => (order === null ? [] : [order.reach])));
  return reaches.length === 0 ? null : Math.max(...reaches);
}

/** Whether every level is a small multiple of 1/64: sums of a few of those are not rounded in half precision. */
function isDyadic({ features }: Register): boolean {
  return features.every(({ levels }) => levels?.every((x) => Number.isInteger(64 * x) && Math.abs(x) <= 1) ?? false);
}

/** What the heads of a model have to obey. */
interface HeadRules {
  /** By the size of a head. */
  readonly rotaryOf: (dim: number) => RotaryPlan | null;
  readonly computed: Dtype;
  /** Dimensions of each head that compare nothing: BOS takes one, and norms of queries and keys another. */
  readonly apart: number;
}

/** The smallest model that holds the schedule and `used` dimensions beside the anchors. */
function chooseSizes(
  schedule: Schedule,
  traits: Traits,
  rules: HeadRules,
  used: number,
  anchorsOf: (width: number) => number | null,
): PlacementSizes {
  const heads = mostHeads(schedule, traits);
  const least = headSize(schedule, rules);
  const hidden = mostNeurons(schedule, traits);
  for (let width = used + 2; ; width++) {
    if (anchorsOf(width) === null) continue;
    if (!traits.squareHeads) {
      const count = traits.headsDivideWidth ? divisorFrom(width, heads) : heads;
      if (count <= 2 * heads) return { width, heads: count, kvHeads: count, dim: least, hidden };
      continue;
    }
    const counts = Array.from({ length: Math.floor(width / least) - heads + 1 }, (_, i) => heads + i);
    // Before they are divided by √dim, scores have to be in the range of f16: many small heads there, as few as need be elsewhere.
    if (rules.computed !== 'f32') counts.reverse();
    const count = counts.find((h) => width % h === 0 && fits(schedule, rules, width / h));
    if (count !== undefined) return { width, heads: count, kvHeads: count, dim: width / count, hidden };
  }
}

/** What is written through a norm takes a head more. */
function mostHeads({ layers }: Schedule, { writeNorms }: Traits): number {
  return Math.max(1, ...layers.map((l) => l.heads.length + (writeNorms && writes(l, 'attention') ? 1 : 0)));
}

/** A target without the bias needs a neuron for what is written always, and a norm of what is written takes another. */
function mostNeurons({ layers }: Schedule, { biases, writeNorms }: Traits): number {
  const always = (l: PlacedLayer) => (biases.mlp || l.groups.every((g) => g.group.base.length === 0) ? 0 : 1);
  return Math.max(1, ...layers.map((l) => l.neurons + always(l) + (writeNorms && writes(l, 'mlp') ? 1 : 0)));
}

function divisorFrom(width: number, least: number): number {
  let count = least;
  while (width % count !== 0) count++;
  return count;
}

function headSize(schedule: Schedule, rules: HeadRules): number {
  let dim = 1;
  while (!fits(schedule, rules, dim)) dim++;
  return dim;
}

/** Whether every head's comparisons and values fit into heads of this size. */
function fits(schedule: Schedule, { rotaryOf, computed, apart }: HeadRules, dim: number): boolean {
  const rotary = rotaryOf(dim);
  // Scores are divided by √dim, which must not round them.
  if (computed !== 'f32' && !Number.isInteger(Math.log2(dim) / 2)) return false;
  const turning = rotary === null ? 0 : dim * rotary.fraction;
  if (turning % 2 !== 0) return false;
  const layout = headLayout(dim, rotary);
  const { content, pairs } = layout;
  return schedule.layers.every(({ heads }) =>
    heads.every(
      (h) =>
        h.scores.length + apart <= content.length &&
        h.values.length <= dim &&
        (h.relative === null || pairs.length >= DISTANCE_PAIRS) &&
        (h.order === null || orderPair(layout, h.order) !== null),
    ),
  );
}

/**
 * How many of a stream's dimensions are anchors. In float32 a plus and a minus do; otherwise an even number that is the width over a
 * power of four, so that the norm's divisor C·√(anchors/width) is a power of two. The fewest that there are; null where no such number fits
 * beside the used ones, or where the dtype loses what an embedding of this width is scaled by.
 */
function anchorCount(width: number, used: number, storage: Storage, isNarrow: boolean): number | null {
  if (isSingle(storage) && isNarrow) return used + 2 <= width ? 2 : null;
  if (Math.abs(storage.embedding(1) - 1) > EXACT) return null;
  const least = isSingle(storage) ? 2 : SPLITTING_ANCHORS;
  let count: number | null = null;
  for (let part = width / 4; Number.isInteger(part) && part >= least && part % 2 === 0; part /= 4) count = part;
  return count !== null && used + count <= width ? count : null;
}
