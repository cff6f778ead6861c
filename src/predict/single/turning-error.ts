/** How far off the scores are that turning pairs of a head make of distances, in float32. */
import type { Head } from '../../circuit/circuit.ts';
import { distanceGain } from '../../placement/distance-gain.ts';
import type { HeadLayout } from '../../placement/head-layout.ts';
import { orderGain } from '../../placement/order-gain.ts';
import { ROUNDING } from '../row-rounding.ts';

/** Of an angle: the frequency's power, its reciprocal, and the product with a position. Of what turns by it: cosine and sine, products, a sum. */
const ANGLE_ROUNDINGS = 7;
const TURNED_ROUNDINGS = 16;

/** @param scale the relative error of queries and keys together */
export function distanceError({ relative }: Head, layout: () => HeadLayout, context: number, scale: number): number {
  if (relative === null) return 0;
  // angles are held to one rounding of the position itself
  return distanceGain(layout(), relative, context).gain * (scale + (4 * context + 8) * ROUNDING);
}

/** An order is scored by small angles, of a query and of a key; then two products more are summed. */
export function orderError({ order, scores }: Head, layout: () => HeadLayout, context: number, scale: number): number {
  if (order === undefined) return 0;
  const { pair, gain } = orderGain(layout(), order);
  const angles = 2 * ANGLE_ROUNDINGS * pair.frequency * (context + 1);
  return gain * (scale + (angles + TURNED_ROUNDINGS + 2 * (scores.length + 5)) * ROUNDING);
}
