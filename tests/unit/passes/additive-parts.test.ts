/** Functions of several variables as sums, where not every combination matters. */
import { expect, test } from 'vitest';
import { additiveParts } from '../../../src/passes/lower/steps/level-functions.ts';

const SIZES = [5, 4, 3] as const;

function tableOf(level: (a: number, b: number, c: number) => number): Float64Array {
  const [n, m, k] = SIZES;
  return Float64Array.from({ length: n * m * k }, (_, i) => level(Math.floor(i / (m * k)), Math.floor(i / k) % m, i % k));
}

/** The sum at each combination that matters. */
function again(composed: Float64Array): Float64Array {
  const found = additiveParts(composed, SIZES);
  if (found === null) throw new Error('no sum');
  const [a, b, c] = found.parts as [Float64Array, Float64Array, Float64Array];
  const sums = tableOf((i, j, k) => found.origin + (a[i] as number) + (b[j] as number) + (c[k] as number));
  return composed.map((x, i) => (Number.isNaN(x) ? x : (sums[i] as number)));
}

const sum = (a: number, b: number, c: number) => 7 * a - 3 * b * b + c;

test('a sum is found where every combination matters', () => {
  const composed = tableOf(sum);
  expect(again(composed)).toEqual(composed);
});

test.each([
  ['counts that do not exceed the position', (a: number, b: number) => b <= a],
  ['the first of which does not matter', (a: number, b: number, c: number) => a + b + c > 0],
  ['the last rows first', (a: number, b: number) => b >= 3 - a],
  ['two blocks that have nothing in common', (a: number, b: number, c: number) => a < 2 === b < 2 && a < 2 === c < 1],
  ['none', () => false],
])('a sum is found of %s', (_, matters) => {
  const composed = tableOf((a, b, c) => (matters(a, b, c) ? sum(a, b, c) : Number.NaN));
  expect(again(composed)).toEqual(composed);
});

test('what is none is none, whatever else does not matter', () => {
  expect(
    additiveParts(
      tableOf((a, b, c) => sum(a, b, c) + (a === 3 && b === 2 ? 1 : 0)),
      SIZES,
    ),
  ).toBeNull();
  expect(
    additiveParts(
      tableOf((a, b, c) => (b > a ? Number.NaN : sum(a, b, c) + (a === 3 && b === 2 ? 1 : 0))),
      SIZES,
    ),
  ).toBeNull();
});
