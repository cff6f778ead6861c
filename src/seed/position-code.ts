/** The code of a model's positions in its position table: a shift is a rotation of each pair of dimensions. */
import { type CircleCode, circleCode } from '../passes/circle-code.ts';

/** Entries are multiples of this, so that they are the same on every machine whatever its sines. */
const UNIT = 2 ** -14;

export function positionCode(positions: number, dims: number): CircleCode {
  return circleCode(positions, dims / 2, (level) => Math.round(level / UNIT) * UNIT);
}
