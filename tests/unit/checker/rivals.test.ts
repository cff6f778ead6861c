/** Of thousands of rows those that may come nearest: no other has less of its margin left. */
import { expect, test } from 'vitest';
import { differenceOf, type Held } from '../../../src/checker/bounds/compare-forms.ts';
import type { Form } from '../../../src/checker/bounds/form.ts';
import { areMany, Rivals } from '../../../src/checker/bounds/rivals.ts';
import type { Stream } from '../../../src/checker/bounds/stream.ts';
import { Random } from '../../../src/verify/random.ts';

const ROWS = 60;
const MEAN = 2 ** -20;

test('the row with the least margin is among the rivals, and few others are', () => {
  const random = new Random(1, 0);
  const angle = (i: number) => (2 * Math.PI * i) / ROWS;
  const codes = Array.from({ length: ROWS }, (_, i) => [
    Math.cos(angle(i)),
    Math.sin(angle(i)),
    Math.cos(7 * angle(i)),
    Math.sin(7 * angle(i)),
  ]);
  const stream = { width: 4, shared: [{ coefficients: Float64Array.of(1, -1, 0, 0.5), bound: 2 ** -18 }] } as unknown as Stream;
  const forms = codes.map(
    (code) =>
      ({
        weights: new Map(code.map((x, dim) => [dim, 8 * x])),
        offset: random.below(100) / 1000,
        roundings: 3,
        scale: 2 ** -20,
        products: 1,
        turning: 0,
        large: 4,
        tiny: 0,
        tinyCount: 0,
        absolute: 8,
        parts: [],
      }) as unknown as Form,
  );
  const rivals = new Rivals(forms, stream, MEAN);
  let found = 0;
  for (const [right, code] of codes.entries()) {
    const held: Held = { center: new Map(code.entries()), radius: new Map(code.map((_, dim) => [dim, 1e-4 * (1 + random.below(3))])) };
    const margin = (row: number) => {
      const { center, radius } = rivals.difference(right, row, held);
      return center > 0 ? 1 - radius / center : Number.NEGATIVE_INFINITY;
    };
    const others = forms.map((_, row) => row).filter((row) => row !== right);
    const least = Math.min(...others.map(margin));
    const named = rivals.of(right, held, (row) => rivals.difference(right, row, held));
    expect(named).not.toContain(right);
    expect(Math.min(...named.map(margin))).toBe(least);
    found += named.length;
  }
  expect(found).toBeLessThan((ROWS * ROWS) / 4);
});

test('the difference of two rows is the one that all pairs are compared by', () => {
  const form = (x: number) =>
    ({
      weights: new Map([[0, x]]),
      offset: 0,
      roundings: 1,
      scale: 0,
      products: 0,
      turning: 0,
      large: 1,
      tiny: 0,
      tinyCount: 0,
      absolute: 1,
      parts: [],
    }) as unknown as Form;
  const stream = { width: 1, shared: [] } as unknown as Stream;
  const held: Held = { center: new Map([[0, 1]]), radius: new Map([[0, 0.01]]) };
  const { center, radius } = new Rivals([form(2), form(1)], stream, 0).difference(0, 1, held);
  const exact = differenceOf(form(2), { rounding: 0 }, form(1), { rounding: 0 }, held, 0, []);
  expect(center).toBe(exact.center);
  expect(radius).toBeGreaterThanOrEqual(exact.radius);
});

test('few pairs are all looked at, and rows that read many dimensions', () => {
  expect(areMany(100, 100, 10)).toBe(false);
  expect(areMany(4096, 4096, 1000)).toBe(false);
  expect(areMany(4096, 4096, 10)).toBe(true);
});
