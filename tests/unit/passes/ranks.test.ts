/** Which predicates are a comparison of two numbers: those of which the selected keys are nested from query to query. */
import { describe, expect, test } from 'vitest';
import { Predicate } from '../../../src/passes/matching/predicate.ts';

function predicateOf(keys: number, queries: number, holds: (key: number, query: number) => boolean): Predicate {
  const table = Uint8Array.from({ length: keys * queries }, (_, i) => (holds(Math.floor(i / queries), i % queries) ? 1 : 0));
  return new Predicate(table, keys, queries);
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
