/**
 * Norms of what sublayers write, each of which divides it by its own root mean square. A constant A that is far larger than all that is written is
 * written beside it, into a dimension where the norm's gain is 0: then the norm divides by A/√width, nearly, and a gain of as much undoes that
 * (docs/norm.md, "What is written").
 */
import type { Register } from '../circuit/circuit.ts';
import { largestOf } from '../tensor/dtype.ts';
import { largestEnergy } from './energy.ts';
import { anchorUnits, type PlacedLayer, type Placement, unitReading } from './placement.ts';
import { splitConstant } from './storage.ts';

/** A over the length of everything beside it: the norm is off by half of the inverse square of that. */
const CLEARANCE = 2 ** 14;

/** Nats by which BOS leads in the head that writes A: what any other key has vanishes in float32, so that A is what BOS holds, unrounded. */
export const START_SCORE = 128;

export interface WriteNorm {
  /** A. */
  readonly amplitude: number;
  /** Of every dimension but that of A; about a power of two. */
  readonly gain: number;
  /** The largest relative error of what is left, before what A itself is off by, and the norm's own rounding. */
  readonly error: number;
}

/** The dimension of the stream whose place in what is written A has: an anchor, which nothing else is written to. */
export function amplitudePlace({ frame }: Pick<Placement, 'frame'>): number {
  return frame.anchors[0] as number;
}

/** Whether a sublayer writes anything; what is 0 stays 0 behind a norm. */
export function writes({ heads, groups, clears }: PlacedLayer, sublayer: 'attention' | 'mlp'): boolean {
  return sublayer === 'attention' ? heads.length > 0 : groups.length + clears.length > 0;
}

/** The norm of what a sublayer that writes anything does write. */
export function writeNorm(placement: Placement, layer: number, sublayer: 'attention' | 'mlp'): WriteNorm {
  const { sizes, frame, storage, epsilon } = placement;
  const written = writtenBy(placement, layer, sublayer);
  // what takes a register away may meet what another puts in its place
  const energy = Math.max(
    1,
    written.reduce((sum, register) => sum + 2 * largestEnergy(register), 0),
  );
  const root = Math.sqrt(sizes.width);
  const reading = unitReading(frame);
  // both A and the gain have to be numbers of the checkpoint
  const most = largestOf(storage.stored) / 2;
  const wanted = Math.min((CLEARANCE * Math.sqrt(energy)) / root, most, (most * reading) / root);
  const gain = storage.gain(2 ** Math.floor(Math.log2(wanted)));
  const amplitude = gain * root;
  const { left } = splitConstant(amplitude, false, reading, anchorUnits(frame), storage);
  return { amplitude, gain, error: (energy + epsilon * sizes.width) / (2 * amplitude ** 2) + Math.abs(left) / amplitude };
}

function writtenBy({ lifetimes, layers }: Placement, layer: number, sublayer: 'attention' | 'mlp'): Register[] {
  const own = [...lifetimes].flatMap(([register, { written }]) =>
    written !== 'embedding' && written.layer === layer && written.sublayer === sublayer ? [register] : [],
  );
  const cleared = sublayer === 'mlp' ? (layers[layer]?.clears.map(({ register }) => register) ?? []) : [];
  return [...own, ...cleared];
}
