/** The numbers that verdicts rest on, against values worked out by hand. */
import { expect, test } from 'vitest';
import type { Ideals } from '../../../src/match/candidate.ts';
import { meanInterval, shareInterval } from '../../../src/match/interval.ts';
import { fitOf, logTail } from '../../../src/match/pattern-fit.ts';

const WINDOW = { kind: 'random', ids: Int32Array.of(9, 1, 2, 3), targets: [] } as const;
/** Query 2 selects key 1, query 3 keys 1 and 2; query 1 selects nothing. */
const IDEALS: Ideals = {
  atFirst: false,
  windows: [{ queries: Int32Array.of(2, 3), counts: Int32Array.of(1, 2), keys: Int32Array.of(1, 1, 2), silent: Int32Array.of(1) }],
};

test('a pattern is measured with the sink taken out, and told apart', () => {
  // biome-ignore format: a row a query
  const pattern = Float32Array.of(
    1, 0, 0, 0,
    0.75, 0.25, 0, 0,
    0.5, 0.5, 0, 0,
    0.5, 0.375, 0, 0.125,
  );
  const fit = fitOf([pattern], [WINDOW], IDEALS, null);
  expect(fit).toMatchObject({ queries: 2, raw: 0.4375, sink: 0.5, share: 0.875, rest: 0.75 });
  // of the second query's half, the program gives each key a quarter: .25 of the .375 count
  expect(fit?.overlap).toBeCloseTo(0.75, 6);
  // one of two keys that are no sink, and two of three
  expect(fit?.chance).toBeCloseTo((0.5 * 0.5 + 0.5 * (2 / 3)) / 1, 6);
  expect(fitOf([pattern], [WINDOW], IDEALS, 'text')).toBeNull();
});

test('Hoeffding’s bound', () => {
  // 10 numbers that are all 1, at a mean of a half: 2^-10
  expect(Math.exp(logTail(1, 0.5, 10))).toBeCloseTo(2 ** -10, 12);
  expect(logTail(0.4, 0.5, 10)).toBe(0);
  // it bounds the binomial tail: at least 8 of 10 at a half is 56 / 1024
  expect(Math.exp(logTail(0.8, 0.5, 10))).toBeGreaterThan(56 / 1024);
});

test('intervals', () => {
  // mean 2, deviation 1, 2.7764 / √5 on either side
  const { mean, low, high } = meanInterval([1, 2, 2, 2, 3].map((x) => 2 + (x - 2) * Math.SQRT2));
  expect([mean, low, high].map((x) => x.toFixed(3))).toEqual(['2.000', '0.758', '3.242']);
  expect(meanInterval([1]).low).toBe(Number.NEGATIVE_INFINITY);
  // beyond the table: 12 degrees of freedom have 2.179
  const many = meanInterval(Array.from({ length: 13 }, (_, i) => i));
  expect(((many.high - many.mean) * Math.sqrt(13)) / Math.sqrt(91 / 6)).toBeCloseTo(2.179, 2);
  expect(shareInterval([1, 1, 1], [4, 4, 4])).toEqual({ mean: 0.75, low: 0.75, high: 0.75 });
});
