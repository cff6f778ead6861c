/** A distance between query and key as the turning pairs of a head score it. */
import type { RelativeScore } from '../circuit/circuit.ts';
import { type DistanceCode, distanceCode, type HeadLayout, type RotaryPair } from './head-layout.ts';

export interface DistanceGain {
  /** The score at the wanted distance, in nats; everywhere else it is lower by at least the gap asked for. */
  readonly gain: number;
  /** The query's two numbers in each pair; the key's are 1 and 0. */
  readonly terms: readonly { readonly pair: RotaryPair; readonly cosine: number; readonly sine: number }[];
}

const known = new Map<string, DistanceCode>();

/**
 * A query turned back by the distance meets the key's vector: q·conj(k) = e^(-i·frequency·offset) in each pair, of which the rotations
 * of query and key make cos(frequency·(distance - offset)).
 */
export function distanceGain({ pairs }: HeadLayout, { offset, gap }: RelativeScore, context: number): DistanceGain {
  const key = `${offset} ${context} ${pairs.map((p) => p.frequency).join()}`;
  const code = known.get(key) ?? distanceCode(pairs, offset, context);
  known.set(key, code);
  const gain = gap / (1 - code.lobe);
  const terms = pairs.flatMap((pair, p) => {
    const weight = gain * (code.weights[p] as number);
    const angle = pair.frequency * offset;
    return weight === 0 ? [] : [{ pair, cosine: weight * Math.cos(angle), sine: -weight * Math.sin(angle) }];
  });
  return { gain, terms };
}
