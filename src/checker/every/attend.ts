/**
 * What a head mixes of values that are known up to a length. All that a query's scores have in common, softmax does not see: so what the query
 * is off by counts by what sets keys apart.
 */
import { numberAt } from '../../tensor/number-at.ts';
import { assertInRange } from '../bounds/assert-in-range.ts';
import { SAFETY, UNDERFLOW, UNIT } from '../bounds/rounding.ts';
import { type Bounded, FUNCTION_ERROR, type Summing, sumRounding } from './bounded.ts';
import { lengthOf } from './matrix.ts';

/** Scores are added to the lowest float32 where they are masked, which they must not move. */
const LARGEST_SCORE = 2 ** 100;

/** @param tensor the one that writes queries, by which a fault is named */
export function attended(
  query: Bounded,
  keys: readonly Bounded[],
  values: readonly Bounded[],
  factor: number,
  { tensor, summing }: { readonly tensor: string; readonly summing: Summing },
): Bounded {
  const count = keys.length;
  const size = query.values.length;
  const middle = new Float64Array(size);
  for (const { values: key } of keys) for (let i = 0; i < size; i++) middle[i] = numberAt(middle, i) + numberAt(key, i) / count;
  const own = lengthOf(query.values);
  const scores = keys.map(({ values: key }) => factor * dot(query.values, key));
  const most = Math.max(...scores);
  const offs = keys.map((key, i) => {
    const length = lengthOf(key.values);
    const size2 = (own + query.off) * (length + key.off);
    assertInRange(factor * size2, tensor, 'scores', LARGEST_SCORE);
    const apart = lengthOf(key.values.map((x, d) => x - numberAt(middle, d)));
    const told = own * key.off + query.off * (apart + key.off);
    // products, the factor, and the largest score, which is taken off
    const rounded = sumRounding(size + 3, summing) * size2 + size * UNDERFLOW;
    return SAFETY * (factor * (told + rounded) + UNIT * (most - numberAt(scores, i)));
  });
  const shares = scores.map((score) => Math.exp(score - most));
  const all = shares.reduce((total, share) => total + share, 0);
  const raised = shares.reduce((total, share, i) => total + share * Math.exp(numberAt(offs, i)), 0) / all;
  const mixed = new Float64Array(values[0]?.values.length ?? 0);
  for (const [i, { values: value }] of values.entries())
    for (let d = 0; d < mixed.length; d++) mixed[d] = numberAt(mixed, d) + (numberAt(shares, i) / all) * numberAt(value, d);
  let off = 0;
  let absolute = 0;
  for (const [i, value] of values.entries()) {
    const share = numberAt(shares, i) / all;
    const astray = share * (Math.exp(numberAt(offs, i)) * raised - 1);
    const length = lengthOf(value.values);
    off += astray * lengthOf(value.values.map((x, d) => x - numberAt(mixed, d))) + (share + astray) * value.off;
    absolute += (share + astray) * (length + value.off);
  }
  // of exponentials, their sum, the quotient, and the sum of values
  const rounded = (2 * FUNCTION_ERROR + sumRounding(2 * count + 2, summing)) * absolute + count * UNDERFLOW * (1 + absolute);
  return { values: mixed, off: SAFETY * (off + rounded) };
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += numberAt(a, i) * numberAt(b, i);
  return total;
}
