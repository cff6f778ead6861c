/**
 * Sums of more counts than have values that could be listed together: of what is asked for it matters only what the sum is, and of what is read
 * only the extremes for each sum, which a table over the counts so far and the sum so far has (dynamic programming).
 */
import { numericValue } from '../../graph/domain.ts';
import { type Elementwise, reachable, type SOp } from '../../graph/graph.ts';
import { floatAt, indexAt, numberAt } from '../../tensor/number-at.ts';
import { enumerate, variablesBelow } from '../meaning/combinations.ts';
import type { NodeValues } from '../meaning/node-values.ts';

/** Sums that are told apart, and additions that a table may take: about a second. */
const MOST_SUMS = 2 ** 16;
const MOST_ADDITIONS = 2 ** 28;

/** For each of some s-ops a whole number by its value, and what follows from the sum of these. */
export interface Summed {
  readonly carriers: readonly SOp[];
  /** By carrier and value, less the smallest. */
  readonly addends: readonly Int32Array[];
  /** By place: sums from the smallest on, less that. Of the targets the index of each one's value; null where the program has none. */
  readonly targets: readonly (Int32Array | null)[];
  /** Values that go together: of each carrier the first and the last. */
  readonly cases: readonly (readonly ValueRange[])[];
}

interface ValueRange {
  readonly first: number;
  readonly last: number;
}

/** By place of the sum, what is read at least and at most; NaN where no values have the sum. */
export interface Extremes {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** @returns null where what is asked for is not a function of one sum of whole numbers, or takes too long to follow */
export function summedOf(carriers: readonly SOp[], targets: readonly SOp[], values: NodeValues): Summed | null {
  const sums = reachable(targets).filter((node): node is Elementwise => node.kind === 'elementwise' && isSum(node));
  for (const sum of sums.sort((a, b) => b.id - a.id)) {
    const isEnough = variablesBelow(targets, new Set([sum])).every((node) => node === sum);
    if (!isEnough || values.of(sum) === null) continue;
    const terms = termsOf(sum, new Set(carriers), values);
    if (terms !== null) return summedBy(sum, terms, carriers, targets, values);
  }
  return null;
}

/**
 * What carriers read together, by their sum.
 *
 * @param reads by carrier and value
 */
export function extremesOf({ addends, targets, cases }: Summed, reads: readonly Float64Array[]): Extremes {
  const low = new Float64Array(targets.length).fill(Number.NaN);
  const high = low.slice();
  const include = (at: number, least: number, most: number, into: { low: Float64Array; high: Float64Array }) => {
    if (!(least >= floatAt(into.low, at))) into.low[at] = least;
    if (!(most <= floatAt(into.high, at))) into.high[at] = most;
  };
  for (const ranges of cases) {
    let known = { low: Float64Array.of(0), high: Float64Array.of(0) };
    for (const [c, { first, last }] of ranges.entries()) {
      const [own, read] = [addends[c] as Int32Array, reads[c] as Float64Array];
      const size = known.low.length + largest(own.subarray(first, last + 1));
      const next = { low: new Float64Array(size).fill(Number.NaN), high: new Float64Array(size).fill(Number.NaN) };
      for (let at = 0; at < known.low.length; at++) {
        const [least, most] = [floatAt(known.low, at), floatAt(known.high, at)];
        if (Number.isNaN(least)) continue;
        for (let value = first; value <= last; value++)
          include(at + indexAt(own, value), least + floatAt(read, value), most + floatAt(read, value), next);
      }
      known = next;
    }
    for (const [at, least] of known.low.entries()) if (!Number.isNaN(least)) include(at, least, floatAt(known.high, at), { low, high });
  }
  return { low, high };
}

/** Whole numbers by value, for each carrier that has a say, and a constant. */
interface Terms {
  readonly constant: number;
  readonly byCarrier: ReadonlyMap<SOp, readonly number[]>;
}

function isSum({ operation }: Elementwise): boolean {
  return operation.kind === 'binary' && (operation.operator === '+' || operation.operator === '-');
}

/** A node as a sum of functions of one carrier each, whole numbers all of them. */
function termsOf(node: SOp, carriers: ReadonlySet<SOp>, values: NodeValues): Terms | null {
  if (node.kind === 'constant') return isWhole(node.value) ? { constant: numericValue(node.value), byCarrier: new Map() } : null;
  const below = variablesBelow([node], carriers);
  const [only, ...others] = below;
  if (only === undefined || below.some((each) => !carriers.has(each))) return null;
  if (others.length === 0) return oneTerm(node, only, values);
  if (node.kind !== 'elementwise') return null;
  const { operation, args } = node;
  const [left, right] = args.map((arg) => termsOf(arg, carriers, values));
  if (!left) return null;
  if (operation.kind === 'unary' && operation.operator === '-') return weighted(left, -1, null, 0);
  if (operation.kind !== 'binary' || !right) return null;
  if (operation.operator === '+') return weighted(left, 1, right, 1);
  if (operation.operator === '-') return weighted(left, 1, right, -1);
  if (operation.operator !== '*') return null;
  if (left.byCarrier.size === 0) return weighted(right, left.constant, null, 0);
  return right.byCarrier.size === 0 ? weighted(left, right.constant, null, 0) : null;
}

/** A function of one carrier, where it has a whole number for each of its values. */
function oneTerm(node: SOp, carrier: SOp, values: NodeValues): Terms | null {
  const { count, column } = enumerate([node], [carrier], values);
  const [own, listed] = [values.of(carrier), values.of(node)];
  if (own === null || listed === null || count !== own.length) return null;
  const found = Array.from(column(node), (index) => listed[index]);
  if (!found.every((value) => value !== undefined && isWhole(value))) return null;
  return { constant: 0, byCarrier: new Map([[carrier, found.map((value) => numericValue(value as bigint))]]) };
}

function isWhole(value: unknown): value is bigint | boolean {
  return typeof value === 'bigint' || typeof value === 'boolean';
}

function weighted(a: Terms, p: number, b: Terms | null, q: number): Terms {
  const byCarrier = new Map<SOp, readonly number[]>();
  const add = (terms: Terms, weight: number) => {
    for (const [carrier, numbers] of terms.byCarrier) {
      const known = byCarrier.get(carrier);
      byCarrier.set(
        carrier,
        numbers.map((x, i) => weight * x + (known === undefined ? 0 : numberAt(known, i))),
      );
    }
  };
  add(a, p);
  if (b !== null) add(b, q);
  return { constant: p * a.constant + q * (b?.constant ?? 0), byCarrier };
}

function summedBy(
  sum: SOp,
  { constant, byCarrier }: Terms,
  carriers: readonly SOp[],
  targets: readonly SOp[],
  values: NodeValues,
): Summed | null {
  const numbers = carriers.map((carrier) => byCarrier.get(carrier) ?? values.valuesOf(carrier).map(() => 0));
  const lows = numbers.map((own) => own.reduce((least, x) => Math.min(least, x), Number.POSITIVE_INFINITY));
  const addends = numbers.map((own, c) => Int32Array.from(own, (x) => x - numberAt(lows, c)));
  const size = addends.reduce((total, own) => total + largest(own), 1);
  const cases = casesOf(carriers, values);
  const additions = cases.length * size * addends.reduce((total, own) => total + own.length, 0);
  if (size > MOST_SUMS || additions > MOST_ADDITIONS) return null;
  const smallest = lows.reduce((total, low) => total + low, constant);
  const { count, column } = enumerate(targets, [sum], values);
  const columns = targets.map(column);
  const listed = values.valuesOf(sum);
  const rows = new Map<number, Int32Array>();
  const own = column(sum);
  for (let at = 0; at < count; at++) {
    const value = numericValue(listed[numberAt(own, at)] as bigint);
    rows.set(
      value - smallest,
      Int32Array.from(columns, (each) => numberAt(each, at)),
    );
  }
  return { carriers, addends, cases, targets: Array.from({ length: size }, (_, place) => rows.get(place) ?? null) };
}

/** No count exceeds what there is to count: where the position, or the length, is among them, each of its values is a case. */
function casesOf(carriers: readonly SOp[], values: NodeValues): (readonly ValueRange[])[] {
  const listed = carriers.map((carrier) => values.valuesOf(carrier));
  const whole = listed.map((own): ValueRange => ({ first: 0, last: own.length - 1 }));
  const isLength = (node: SOp) => node.kind === 'width' && values.selectsEverything(node.selector);
  const at = carriers.findIndex((node) => isLength(node) || (node.kind === 'indices' && values.causal));
  if (at < 0) return [whole];
  const least = (carriers[at] as SOp).kind === 'indices' ? 1 : 0;
  return (listed[at] ?? []).map((value, i) => {
    const seen = numericValue(value) + least;
    return carriers.map((carrier, c) => {
      if (c === at) return { first: i, last: i };
      if (carrier.kind !== 'width') return whole[c] as ValueRange;
      const own = listed[c] ?? [];
      return { first: 0, last: own.filter((each) => numericValue(each) <= seen).length - 1 };
    });
  });
}

function largest(numbers: Int32Array): number {
  return numbers.reduce((most, x) => Math.max(most, x), 0);
}
