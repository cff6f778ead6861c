/** Which steps read a number of the stream without the reference beside it. */
import type { Step } from '../circuit/circuit.ts';
import type { Placement } from './placement.ts';

/**
 * In half precision what a norm gives is a number of the dtype, whatever error of the mean is in it, and a step on one number is not rounded
 * then. The reference is 0 but for that error: added to a number that has rounded it away, it would only bring it back. So a step on one number,
 * none of whose values is negative, reads it alone.
 */
export function readsAlone({ storage, frame }: Pick<Placement, 'storage' | 'frame'>, { input }: Step): boolean {
  const [term, ...others] = input.terms.filter(({ register }) => register.node !== null);
  const levels = term?.register.features[term.feature]?.levels;
  if (storage.computed === 'f32' || frame.reference === null || others.length > 0) return false;
  return levels?.every((level) => level >= 0) ?? false;
}

/** What float32 loses of the sum that one norm takes the mean of: its additions, in pairs, to the size of all anchors together. */
export function meanRounding({ frame, sizes }: Pick<Placement, 'frame' | 'sizes'>): number {
  return ((Math.log2(sizes.width) + 2) * 2 ** -24 * frame.anchors.length * frame.amplitude) / sizes.width;
}
