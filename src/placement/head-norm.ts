/**
 * Norms of a head's query and key, which divide each by its own root mean square. One dimension of every head holds a constant M that is far
 * larger than all others together: then the norm divides by M/√dim, nearly, and a gain of as much undoes that. The gain of the constant's own
 * dimension is 0, so that no score sees it (docs/norm.md, "Queries and keys").
 */
import type { Form, ScorePair } from '../circuit/circuit.ts';
import { featureOf } from '../circuit/form.ts';
import { scoreRoot } from '../targets/model-config.ts';
import type { Traits } from '../targets/target.ts';
import { largestOf } from '../tensor/dtype.ts';
import { distanceGain } from './distance-gain.ts';
import { type HeadLayout, headLayout } from './head-layout.ts';
import { orderGain } from './order-gain.ts';
import { anchorUnits, type PlacedHead, type Placement, unitReading } from './placement.ts';
import { splitConstant } from './storage.ts';
import { START_SCORE } from './write-norm.ts';

/** M over the length of everything beside it: the norm is off by half of the inverse square of that. */
const CLEARANCE = 2 ** 14;

export interface HeadNorm {
  /** M. */
  readonly amplitude: number;
  /** Of every dimension but that of M; about a power of two, as it is stored. */
  readonly gain: number;
  /** The largest relative error of what is left, before the norm's own rounding. */
  readonly error: number;
}

/** The dimension of a head that holds M: the last that could compare content. */
export function amplitudeDimension({ content }: Pick<HeadLayout, 'content'>): number {
  return content.at(-1) as number;
}

/**
 * The norm of one layer's queries or keys, which all of its heads share. Where it is one norm of all heads together, the first of them holds the
 * one M for all.
 */
export function headNorm(
  placement: Placement,
  traits: Traits,
  heads: readonly PlacedHead[],
  side: 'query' | 'key',
  context: number,
): HeadNorm {
  const { sizes, frame, storage, epsilon, rotary } = placement;
  const layout = headLayout(sizes.dim, rotary);
  const scale = side === 'query' ? scoreRoot(traits, sizes) : 1;
  const together = traits.headNorms === 'all';
  // a head that looks at the start, where there is one, does nothing else
  const own = [...heads.map((head) => energyOf(head, side, layout, context)), traits.writeNorms ? startEnergy(side) : 0];
  const energy = own.reduce((most, x) => (together ? most + x : Math.max(most, x)), 1) * scale ** 2;
  const count = together ? sizes.dim * (side === 'query' ? sizes.heads : sizes.kvHeads) : sizes.dim;
  const root = Math.sqrt(count);
  const reading = unitReading(frame);
  // both M and the gain have to be numbers of the checkpoint
  const most = largestOf(storage.stored) / 2;
  const wanted = Math.min((CLEARANCE * Math.sqrt(energy)) / root, most, (most * reading) / root);
  const gain = storage.gain(2 ** Math.floor(Math.log2(wanted)));
  const amplitude = gain * root;
  const { left } = splitConstant(amplitude, traits.biases.attentionInput, reading, anchorUnits(frame), storage);
  return { amplitude, gain, error: (energy + epsilon * count) / (2 * amplitude ** 2) + Math.abs(left) / amplitude };
}

/** Whether the head of this place among those in use holds M. */
export function holdsAmplitude({ headNorms }: Pick<Traits, 'headNorms'>, index: number): boolean {
  return headNorms === 'each' || (headNorms === 'all' && index === 0);
}

function startEnergy(side: 'query' | 'key'): number {
  return side === 'query' ? START_SCORE ** 2 : 1;
}

/** The largest squared length of a query, before it is scaled, or of a key. */
function energyOf(head: PlacedHead, side: 'query' | 'key', layout: HeadLayout, context: number): number {
  const distance = head.relative && distanceGain(layout, head.relative, context);
  const order = head.order && orderGain(layout, head.order);
  const compared = head.scores.reduce((sum, pair: ScorePair) => sum + largest(pair[side]) ** 2, 0);
  if (side === 'key') return compared + 1 + (distance?.terms.length ?? 0) + (order === null ? 0 : 1);
  const bos = Math.abs(head.bos.score + (distance?.gain ?? 0) + (order?.least ?? 0)) + Math.abs(head.bos.toItself);
  const turned = (distance?.terms ?? []).reduce((sum, { cosine, sine }) => sum + cosine ** 2 + sine ** 2, 0);
  return compared + bos ** 2 + turned + (order?.gain ?? 0) ** 2;
}

/** The largest absolute number that a form can have, each of its terms by itself. */
function largest({ constant, terms }: Form): number {
  return terms.reduce((sum, term) => {
    const { low, high, bos } = featureOf(term);
    return sum + Math.abs(term.weight) * Math.max(Math.abs(low), Math.abs(high), Math.abs(bos));
  }, Math.abs(constant));
}
