/**
 * How much of the residual stream's squared length is not in the anchors: it is what keeps the norm from dividing by exactly σ. Every
 * register has one of finitely many codes, so the range is known for every sublayer.
 */
import type { Register } from '../circuit/circuit.ts';
import type { Lifetime, Placement } from './placement.ts';

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** A place where a norm reads the stream. */
export interface NormPlace {
  readonly layer: number;
  readonly sublayer: 'attention' | 'mlp' | 'output';
}

/**
 * The gain under which the norm is the identity for the middle of the energies that occur there, as it is stored:
 * √((anchors·C² + E) / width + ε).
 */
export function normGain(placement: Pick<Placement, 'frame' | 'sizes' | 'storage' | 'epsilon'>, energy: Range): number {
  return placement.storage.gain(idealGain(placement, energy));
}

function idealGain({ frame, sizes, epsilon }: Pick<Placement, 'frame' | 'sizes' | 'epsilon'>, energy: Range): number {
  return Math.sqrt((frame.anchors.length * frame.amplitude ** 2 + (energy.low + energy.high) / 2) / sizes.width + epsilon);
}

/**
 * The largest relative error of the scale that remains, before the norm's own rounding: half the range of E over 2·anchors·C², and what
 * the stored gain lost.
 */
export function scaleError(placement: Pick<Placement, 'frame' | 'sizes' | 'storage' | 'epsilon'>, energy: Range): number {
  const { frame } = placement;
  const stored = Math.abs(normGain(placement, energy) / idealGain(placement, energy) - 1);
  return (energy.high - energy.low) / 2 / (2 * frame.anchors.length * frame.amplitude ** 2) + stored;
}

/** The largest of {@link scaleError} of all norms. */
export function worstScaleError(placement: Placement): number {
  const places = placement.layers.flatMap((_, layer): NormPlace[] => [
    { layer, sublayer: 'attention' },
    { layer, sublayer: 'mlp' },
    { layer, sublayer: 'output' },
  ]);
  return Math.max(...places.map((place) => scaleError(placement, energyAt(placement, place))));
}

/** The energy outside the anchors, at any position of any input, of what has been written when a norm reads. */
export function energyAt({ lifetimes, frame }: Pick<Placement, 'lifetimes' | 'frame'>, place: NormPlace): Range {
  let energy: Range = { low: 0, high: 0 };
  let sum: Range = { low: 0, high: 0 };
  for (const [register, lifetime] of lifetimes) {
    if (!isThere(lifetime, place)) continue;
    const code = codeRange(register);
    energy = plus(energy, code.energy);
    if (frame.ownBalance.has(register)) energy = plus(energy, code.energy);
    else sum = plus(sum, code.sum);
  }
  return frame.balance === null ? energy : plus(energy, squared(sum));
}

/** Whether the stream holds a register at a place. */
export function isThere(lifetime: Lifetime, place: NormPlace): boolean {
  return isWrittenBefore(lifetime, place) && !isClearedBefore(lifetime, place);
}

/** Whether what writes a register comes before the norm at a place. */
function isWrittenBefore({ written }: Lifetime, { layer, sublayer }: NormPlace): boolean {
  if (written === 'embedding' || sublayer === 'output' || written.layer < layer) return true;
  return written.layer === layer && written.sublayer === 'attention' && sublayer === 'mlp';
}

/** Whether an MLP has cleared it. */
function isClearedBefore({ cleared }: Lifetime, { layer, sublayer }: NormPlace): boolean {
  return cleared !== null && (cleared < layer || sublayer === 'output');
}

function plus(a: Range, b: Range): Range {
  return { low: a.low + b.low, high: a.high + b.high };
}

function squared({ low, high }: Range): Range {
  const ends = [low * low, high * high];
  return { low: low <= 0 && high >= 0 ? 0 : Math.min(...ends), high: Math.max(...ends) };
}

interface CodeRange {
  readonly energy: Range;
  readonly sum: Range;
}

/** The largest squared length that a register can have. */
export function largestEnergy(register: Register): number {
  return codeRange(register).energy.high;
}

const known = new WeakMap<Register, CodeRange>();

/** Ranges of a register's squared length and of its sum, over its values and BOS; worked out once for each register. */
function codeRange(register: Register): CodeRange {
  let range = known.get(register);
  if (range === undefined) {
    range = measureCode(register);
    known.set(register, range);
  }
  return range;
}

function measureCode({ features }: Register): CodeRange {
  const bos = features.map((f) => f.bos);
  let energy = point(bos.reduce((s, x) => s + x * x, 0));
  let sum = point(bos.reduce((s, x) => s + x, 0));
  const count = features[0]?.levels?.length ?? null;
  if (count === null) {
    for (const { low, high } of features) {
      energy = hull(energy, { low: 0, high: Math.max(low * low, high * high) });
      sum = hull(sum, { low, high });
    }
    return { energy, sum };
  }
  for (let v = 0; v < count; v++) {
    let own = 0;
    let ownSum = 0;
    for (const { levels } of features) {
      const x = levels?.[v] ?? 0;
      own += x * x;
      ownSum += x;
    }
    energy = hull(energy, point(own));
    sum = hull(sum, point(ownSum));
  }
  return { energy, sum };
}

function point(x: number): Range {
  return { low: x, high: x };
}

function hull(a: Range, b: Range): Range {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}
