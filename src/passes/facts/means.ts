/** The values that an aggregate of several positions can have: every arithmetic mean of 1 to N values of a finite set. */
import { compareForOrder, type Domain, finiteDomain } from '../../graph/domain.ts';
import type { Value } from '../../graph/value.ts';

/**
 * Means of up to `count` values, and `extra` besides. One selected value stays itself (an int stays an int); several give the
 * float `sum / n`. Finite when the values are multiples of one power of two, so that sums are exact in whatever order, and when
 * there are at most `limit` candidates; else the interval that holds them. Values must be numbers.
 */
export function meansDomain(values: readonly Value[], extra: readonly Value[], count: number, limit: number): Domain {
  const numbers = values.map(Number);
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const extraNumbers = extra.map(Number);
  const interval: Domain = { kind: 'interval', low: Math.min(low, ...extraNumbers), high: Math.max(high, ...extraNumbers) };
  if (low === high) return finiteDomain([...values, ...extra, ...(count > 1 ? [low] : [])]);
  const unit = binaryUnit(numbers);
  if (unit === null || Math.max(Math.abs(low), Math.abs(high)) * count >= 2 ** 53 * unit) return interval;
  const steps = numbers.map((x) => (x - low) / unit);
  const gcd = steps.reduce(greatestCommonDivisor, 0);
  const range = Math.max(...steps) / gcd;
  if ((range * count * (count + 1)) / 2 + count > limit) return interval;
  const means = new Set<number>();
  for (let n = 2; n <= count; n++) {
    for (let k = 0; k <= n * range; k++) means.add((low * n + k * gcd * unit) / n);
  }
  const floats = Float64Array.from(means).sort();
  return mergeSorted(floats, finiteDomain([...values, ...extra]).values);
}

/** The largest power of two of which every number is a whole multiple below 2^53; null where there is none. */
function binaryUnit(numbers: readonly number[]): number | null {
  let unit = 1;
  while (!numbers.every((x) => Number.isInteger(x / unit))) {
    unit /= 2;
    if (unit < 2 ** -40) return null;
  }
  return numbers.every((x) => Number.isSafeInteger(x / unit)) ? unit : null;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Sorted floats and a few sorted values as one domain, without sorting the many again. */
function mergeSorted(floats: Float64Array, few: readonly Value[]): Domain {
  const values: Value[] = [];
  let next = 0;
  for (const x of floats) {
    while (next < few.length && compareForOrder(few[next] as Value, x) < 0) values.push(few[next++] as Value);
    if (next < few.length && typeof few[next] === 'number' && few[next] === x) next++;
    values.push(x);
  }
  while (next < few.length) values.push(few[next++] as Value);
  return { kind: 'finite', values };
}
