/** Which predicates are a comparison of two numbers: those of which the selected keys are nested from query to query. */
import { describe, expect, test } from 'vitest';
import { compareValues } from '../../../src/graph/evaluate/values/python-arithmetic.ts';
import type { Value } from '../../../src/graph/value.ts';
import { comparison } from '../../../src/passes/matching/comparison.ts';
import { type Predicate, TabulatedPredicate } from '../../../src/passes/matching/predicate.ts';
import { Random } from '../../../src/verify/random.ts';

function predicateOf(keys: number, queries: number, holds: (key: number, query: number) => boolean): Predicate {
  const table = Uint8Array.from({ length: keys * queries }, (_, i) => (holds(Math.floor(i / queries), i % queries) ? 1 : 0));
  return new TabulatedPredicate(table, keys, queries);
}

describe('the numbers of a predicate', () => {
  test.each([
    ['more', (k: number, q: number) => k > q],
    ['at most', (k: number, q: number) => k <= q],
    ['more, of numbers in no order', (k: number, q: number) => (5 * k) % 7 > (3 * q) % 7],
    ['one of few keys, whatever the query', (k: number) => k > 4],
    ['nothing', () => false],
  ])('%s', (_, holds) => {
    const predicate = predicateOf(7, 7, holds);
    const ranks = predicate.ranks();
    for (let k = 0; k < 7; k++) {
      for (let q = 0; q < 7; q++) {
        const apart = (ranks?.keys[k] ?? Number.NaN) - (ranks?.queries[q] ?? Number.NaN);
        expect(Math.abs(apart)).toBeGreaterThanOrEqual(0.5);
        expect(apart > 0).toBe(holds(k, q));
      }
    }
  });

  test.each([
    ['equal', (k: number, q: number) => k === q],
    ['another', (k: number, q: number) => k !== q],
    ['near', (k: number, q: number) => Math.abs(k - q) < 2],
  ])('there are none of: %s', (_, holds) => {
    expect(predicateOf(7, 7, holds).ranks()).toBeNull();
  });
});

describe('a comparison that is known by its form is the one that is tabulated', () => {
  const random = new Random(1, 0);
  const numbers = (): Value => [BigInt(random.below(6)), random.below(12) / 2, random.below(2) === 1, -0][random.below(4)] as Value;
  const strings = (): Value => ['a', 'B', '', '\uffff', '\u{10000}', 'ab'][random.below(6)] as Value;
  const mixed = () => (random.below(2) === 0 ? numbers() : strings());

  test.each(['==', '<', '<=', '>', '>='] as const)('%s', (operator) => {
    for (let trial = 0; trial < 200; trial++) {
      const kind = operator === '==' ? mixed : random.below(2) === 0 ? numbers : strings;
      const [keys, queries] = [0, 0].map(() => Array.from({ length: 1 + random.below(7) }, kind)) as [Value[], Value[]];
      const table = predicateOf(keys.length, queries.length, (k, q) => compareValues(operator, keys[k] as Value, queries[q] as Value));
      const known = comparison(operator, keys, queries);
      expect(known, `${operator} ${keys} / ${queries}`).not.toBeNull();
      for (let k = 0; k < keys.length; k++) for (let q = 0; q < queries.length; q++) expect(known?.at(k, q)).toBe(table.at(k, q));
      expect(known?.keyClasses).toEqual(table.keyClasses);
      expect(known?.queryClasses).toEqual(table.queryClasses);
      expect(known?.ranks()).toEqual(table.ranks());
      expect(known?.matching()).toEqual(table.matching());
    }
  });

  test('what has no order is looked at', () => {
    expect(comparison('<', [1n, 'a'], [2n])).toBeNull();
    expect(comparison('!=', [1n], [2n])).toBeNull();
    expect(comparison('==', [Number.NaN], [2n])).toBeNull();
  });
});
