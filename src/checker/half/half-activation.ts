/** Activations in half precision, over intervals. */
import type { Traits } from '../../targets/target.ts';
import type { Range } from '../bounds/rounding.ts';
import { type HalfArithmetic, sizeOf, widened } from './half-interval.ts';

/** From here on the tanh of `gelu_new` rounds to 1, in half precision and in float32. */
const SATURATED = 5.2;

interface Curve {
  readonly of: (x: number) => number;
  /** Where it is lowest; it falls before and rises after. */
  readonly lowest: number;
  /** The relative error of what computes it, besides the rounding of its result; of a part of it that cancels, relative to its argument. */
  readonly error: (half: HalfArithmetic) => number;
}

const CURVES: Readonly<Record<Traits['activation'], Curve>> = {
  // every operation is rounded: of 1 + tanh that costs units of 1, times half of the argument
  'gelu-tanh': {
    of: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    lowest: -0.7524614,
    error: ({ unit }) => 12 * unit,
  },
  // one operation, which float32 computes
  gelu: { of: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)), lowest: -0.7517916, error: () => 2 ** -18 },
  relu: { of: (x) => Math.max(0, x), lowest: Number.NEGATIVE_INFINITY, error: () => 0 },
  silu: { of: (x) => x / (1 + Math.exp(-x)), lowest: -1.2784645, error: () => 2 ** -18 },
};

/** Of pre-activations in a range; rounded. */
export function activated(kind: Traits['activation'], range: Range, half: HalfArithmetic): Range {
  const { low, high } = range;
  if (low > high) return range;
  if (kind !== 'silu' && kind !== 'relu') {
    if (low >= SATURATED + 0.4) return range;
    if (high <= -SATURATED - 0.4) return { low: 0, high: 0 };
  }
  const { of, lowest, error } = CURVES[kind];
  const ends = [of(low), of(high), ...(low < lowest && high > lowest ? [of(lowest) - 2 ** -20] : [])];
  // far below, what is left of the argument is as good as nothing
  const size = Math.min(sizeOf(range), low < -30 ? Math.max(30, high) : Number.POSITIVE_INFINITY);
  const off = error(half) * (kind === 'silu' ? Math.max(...ends.map(Math.abs)) + 2 ** -20 : size);
  return half.round(widened({ low: Math.min(...ends), high: Math.max(...ends) }, off), 'an activation');
}

/** To 1e-7: Abramowitz and Stegun 7.1.6, whose terms are positive. */
function erf(x: number): number {
  if (Math.abs(x) > 4.5) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-12 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
