/** Pieces are the same however their numbers are looked up: whole numbers by place, all others by a hash. */
import { describe, expect, test } from 'vitest';
import { piecesOf } from '../../../src/passes/lower/steps/pieces.ts';
import { seededRandom } from '../../support/random.ts';

const BY_HASH = 2 ** -5;

describe.each([2, 5, 40])('functions of %i values', (values) => {
  const random = seededRandom(values);
  const draw = (count: number) => Math.floor(random() * count);

  test('of whole numbers, below 0 too, some of which do not matter', () => {
    let found = 0;
    for (let round = 0; round < 200; round++) {
      const least = draw(50) - 25;
      const own = new Map<number, number>();
      const numbers = Float64Array.from({ length: 30 }, () => least + draw(60));
      const entries = Int32Array.from(numbers, (x) => {
        if (draw(5) === 0) return -1;
        // now and then one number is given two values
        if (!own.has(x) || draw(200) === 0) own.set(x, draw(values));
        return own.get(x) as number;
      });
      const scaled = piecesOf(
        numbers.map((x) => x * BY_HASH),
        entries,
      );
      const expected = scaled?.map(({ low, high, value }) => ({ low: low / BY_HASH, high: high / BY_HASH, value })) ?? null;
      expect(piecesOf(numbers, entries)).toEqual(expected);
      if (expected !== null) found++;
    }
    expect(found).toBeGreaterThan(50);
    expect(found).toBeLessThan(200);
  });
});

test('whole numbers with wide gaps are none of a range', () => {
  expect(piecesOf(Float64Array.of(0, 2 ** 39, -(2 ** 39)), Int32Array.of(1, 2, 1))).toEqual([
    { low: -(2 ** 39), high: 0, value: 1 },
    { low: 2 ** 39, high: 2 ** 39, value: 2 },
  ]);
});
