/** The range of float32, and who leaves it. */
import { Unproven } from '../claim/unproven.ts';

/** The largest float32 (IEEE 754-2008, table 3.5), less what sums up to it may be rounded by. */
const LARGEST = 2 ** 128 * (1 - 2 ** -10);
/** Refuses a bound beyond the range of float32. */
export function assertInRange(bound: number, tensor: string, what: string, largest = LARGEST): void {
  if (bound <= largest) return;
  const size = Number.isFinite(bound) ? `as large as ${bound.toExponential(0)}` : 'of any size';
  throw new Unproven(`${what} of \`${tensor}\` may be ${size}, beyond the range of float32`);
}
