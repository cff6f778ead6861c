/**
 * What a head mixes of values that are known up to a length. All that a query's scores have in common, softmax does not see: so what the query
 * is off by counts by what sets keys apart.
 */
import { numberAt } from '../../tensor/number-at.ts';
import { assertInRange } from '../bounds/assert-in-range.ts';
import { SAFETY, UNDERFLOW, UNIT } from '../bounds/rounding.ts';
import { amount, type Bounded, FUNCTION_ERROR, type Pull, type Summing, sumRounding } from './bounded.ts';
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
  const share = sumRounding(size + 3, summing);
  const bases = keys.map((key) => {
    const length = lengthOf(key.values);
    const size2 = (own + query.off) * (length + key.off);
    assertInRange(factor * size2, tensor, 'scores', LARGEST_SCORE);
    const apart = lengthOf(key.values.map((x, d) => x - numberAt(middle, d)));
    const told = own * key.off + query.off * (apart + key.off);
    // products, the factor, and the largest score, which is taken off
    return factor * (told + share * size2 + size * UNDERFLOW);
  });
  const widest = Math.max(...bases);
  const subtracted = scores.map((score, i) => UNIT * (most - score + numberAt(bases, i) + widest));
  const offs = bases.map((base, i) => SAFETY * (base + numberAt(subtracted, i)));
  const weights = scores.map((score) => Math.exp(score - most));
  const all = weights.reduce((total, weight) => total + weight, 0);
  const shares = weights.map((weight) => weight / all);
  const raised = shares.reduce((total, each, i) => total + each * Math.exp(numberAt(offs, i)), 0);
  // no share is larger than
  const largest = shares.map((each, i) => each * Math.exp(numberAt(offs, i)) * raised);
  const mixed = new Float64Array(values[0]?.values.length ?? 0);
  for (const [i, { values: value }] of values.entries())
    for (let d = 0; d < mixed.length; d++) mixed[d] = numberAt(mixed, d) + numberAt(shares, i) * numberAt(value, d);
  const aparts = values.map((value) => lengthOf(value.values.map((x, d) => x - numberAt(mixed, d))));
  let off = 0;
  let absolute = 0;
  for (const [i, value] of values.entries()) {
    off += (numberAt(largest, i) - numberAt(shares, i)) * numberAt(aparts, i) + numberAt(largest, i) * value.off;
    absolute += numberAt(largest, i) * (lengthOf(value.values) + value.off);
  }
  // of exponentials, their sum, the quotient, and the sum of values
  const rounding = 2 * FUNCTION_ERROR + sumRounding(2 * count + 2, summing);
  const lost = count * UNDERFLOW * (1 + absolute);
  const pull: Pull = (slope, send) => {
    const along = values.map(({ values: value }) => dot(slope, value));
    const mean = dot(slope, mixed);
    const length = lengthOf(slope);
    const toQuery = new Float64Array(size);
    let cost = length * lost;
    for (const [i, key] of keys.entries()) {
      const weight = numberAt(shares, i);
      const value = values[i] as Bounded;
      send(
        value,
        slope.map((each) => each * weight),
      );
      const toScore = weight * (numberAt(along, i) - mean);
      for (let d = 0; d < size; d++) toQuery[d] = numberAt(toQuery, d) + factor * toScore * numberAt(key.values, d);
      send(
        key,
        query.values.map((x) => factor * toScore * x),
      );
      const crossed = query.off * key.off;
      const roundedTerms = amount(query.values, key.values) + query.off * lengthOf(key.values) + (own + query.off) * key.off;
      cost += Math.abs(toScore) * (factor * (crossed + share * roundedTerms + size * UNDERFLOW) + numberAt(subtracted, i));
      cost += rounding * numberAt(largest, i) * (amount(slope, value.values) + length * value.off);
    }
    send(query, toQuery);
    return cost + length * bentBy({ largest, offs, aparts, values });
  };
  return { values: mixed, off: SAFETY * (off + rounding * absolute + lost), pull };
}

/**
 * What slopes do not say of a mixture. With Δ what scores are off by, shares p change by p·(Δ - mean of Δ) at first, and that by
 * p·((Δ - mean)² - variance).
 */
function bentBy(given: {
  readonly largest: readonly number[];
  readonly offs: readonly number[];
  readonly aparts: readonly number[];
  readonly values: readonly Bounded[];
}): number {
  const { largest, offs, aparts, values } = given;
  const mean = largest.reduce((total, share, i) => total + share * numberAt(offs, i), 0);
  const squares = largest.reduce((total, share, i) => total + share * numberAt(offs, i) ** 2, 0);
  return largest.reduce((total, share, i) => {
    const first = share * (numberAt(offs, i) + mean);
    const second = share * Math.max((numberAt(offs, i) + mean) ** 2, squares);
    const { off } = values[i] as Bounded;
    return total + (second / 2) * (numberAt(aparts, i) + off) + first * off;
  }, 0);
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += numberAt(a, i) * numberAt(b, i);
  return total;
}
