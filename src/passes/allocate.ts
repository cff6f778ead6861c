/**
 * Allocates the residual stream: every feature of every register gets a dimension, the norm's frame gets its own, and the model its
 * sizes. Enters a circuit and its schedule, leaves a placement.
 */
import type { Circuit, Register } from '../circuit/circuit.ts';
import type { Frame, Placement, PlacementSizes } from '../placement/placement.ts';
import type { Traits } from '../targets/target.ts';
import type { Schedule } from './schedule.ts';

/**
 * C of the anchors (numerics.md, section 1). Every live value is at most about 1, so the norm's scale is off by E/(anchors·2C²);
 * more would cost bits of the residual stream's own f32 sums.
 */
const ANCHOR_AMPLITUDE = 1024;

export function allocate(circuit: Circuit, schedule: Schedule, traits: Traits): Placement {
  const dimensions = new Map<Register, readonly number[]>();
  let next = 0;
  for (const register of schedule.lifetimes.keys()) {
    dimensions.set(
      register,
      register.features.map(() => next++),
    );
  }
  const centred = traits.norm === 'layer-norm';
  const balance = centred ? next++ : null;
  const reference = centred ? next++ : null;
  const sizes = chooseSizes(schedule, traits, next);
  const count = anchorCount(sizes.width, next) as number;
  const anchors = Array.from({ length: count }, (_, i) => sizes.width - count + i);
  const sigma = ANCHOR_AMPLITUDE * Math.sqrt(count / sizes.width);
  const frame: Frame = { anchors, amplitude: ANCHOR_AMPLITUDE, sigma, balance, reference };
  return { circuit, layers: schedule.layers, dimensions, lifetimes: schedule.lifetimes, frame, sizes };
}

/** The smallest model that holds the schedule and `used` dimensions beside the anchors. */
function chooseSizes(schedule: Schedule, traits: Traits, used: number): PlacementSizes {
  const heads = Math.max(1, ...schedule.layers.map((l) => l.heads.length));
  const dim = Math.max(1, ...schedule.layers.flatMap((l) => l.heads.map((h) => Math.max(h.scores.length, h.values.length))));
  const hidden = Math.max(1, ...schedule.layers.map((l) => l.neurons));
  for (let width = used + 2; ; width++) {
    if (anchorCount(width, used) === null) continue;
    if (!traits.squareHeads) return { width, heads, dim, hidden };
    for (let h = heads; h * dim <= width; h++) {
      if (width % h === 0) return { width, heads: h, dim: width / h, hidden };
    }
  }
}

/**
 * How many of a stream's dimensions are anchors: an even number that is the width over a power of four, so that the norm's divisor
 * C·√(anchors/width) is a power of two. The fewest that there are; null where no such number fits beside the used ones.
 */
function anchorCount(width: number, used: number): number | null {
  let count: number | null = null;
  for (let part = width / 4; Number.isInteger(part) && part >= 2 && part % 2 === 0; part /= 4) count = part;
  return count !== null && used + count <= width ? count : null;
}
