/** The code of a model's positions in its position table: a shift is a rotation of each pair of dimensions. */
import { type CircleCode, circleCode } from './circle-code.ts';

/** Entries are multiples of this, so that they are the same on every machine whatever its sines. */
const UNIT = 2 ** -14;

export function positionCode(positions: number, dims: number): CircleCode {
  return circleCode(positions, dims / 2, (level) => Math.round(level / UNIT) * UNIT);
}

/** Side lobe that leaves more than half of a match's score between positions. */
const LARGEST_LOBE = 0.45;
const PAIRS = [4, 6, 8, 10, 12];
const MOST_PAIRS = 16;

/** Pairs of dimensions that tell the positions apart: 16 for a thousand of them, fewer where there are fewer. */
export function positionPairs(positions: number): number {
  return PAIRS.find((pairs) => positionCode(positions, 2 * pairs).lobe <= LARGEST_LOBE) ?? MOST_PAIRS;
}
