/** The order of positions as one turning pair of a head scores it: a sine of the distance, which rises from end to end within the context. */
import type { TurnedOrder } from '../circuit/circuit.ts';
import type { HeadLayout, RotaryPair } from './head-layout.ts';

export interface OrderGain {
  readonly pair: RotaryPair;
  /** The query's two numbers in the pair; the key's are 1 and 0. */
  readonly cosine: number;
  readonly sine: number;
  /** Their length: no key scores more, nor less than its negative. */
  readonly gain: number;
  /** The least score of a key, where the circuit says 0. */
  readonly least: number;
}

/**
 * Radians that the pair turns by over the largest distance, in which the sine is nearly a line: its steps at the ends are at least 0.73 of that in
 * the middle. A slower pair would have to be louder, which is rounded more.
 */
const TURN = { least: 0.15, most: 1.5 };

/** How much more all steps together come to than so many of the least: tan(x)/x for half of the largest turn. */
export const RISE_ROOM = 1.25;

/** The pair that turns the most within the bounds; null where none does. */
export function orderPair({ pairs }: HeadLayout, { reach }: TurnedOrder): RotaryPair | null {
  const turns = pairs.filter(({ frequency }) => frequency * reach >= TURN.least && frequency * reach <= TURN.most);
  return turns.reduce<RotaryPair | null>((best, pair) => (best === null || pair.frequency > best.frequency ? pair : best), null);
}

/**
 * With x for half of the turn, a key at distance d scores -A·sin(frequency·d - x), which falls with the distance. The query A·(sin x, cos x) makes
 * that of the key (1, 0), by what rotations of both do to their product (RoFormer, section 3.2.2).
 */
export function orderGain(layout: HeadLayout, order: TurnedOrder): OrderGain {
  const pair = orderPair(layout, order);
  if (pair === null) throw new Error(`no pair of the head turns by about a radian over ${order.reach} positions`);
  const half = (pair.frequency * order.reach) / 2;
  const gain = order.step / (Math.sin(half) - Math.sin(half - pair.frequency));
  const sign = order.end === 'rightmost' ? 1 : -1;
  return { pair, cosine: sign * gain * Math.sin(half), sine: sign * gain * Math.cos(half), gain, least: -gain * Math.sin(half) };
}
