/** Functions of two variables that rise as a sum of multiples of both does. */
import { expect, test } from 'vitest';
import { slopesOf } from '../../../src/passes/lower/steps/level-functions.ts';

const numbers = Float64Array.from({ length: 33 }, (_, i) => i);
const halved = numbers.map((n) => Math.floor(n / 2));

/** Entries and values of a function of both. */
function tabulated(of: (i: number, n: number) => number | null) {
  const found = [...numbers].flatMap((i) => [...numbers].map((n) => of(i, n)));
  const values = [...new Set(found)].filter((x) => x !== null).sort((a, b) => a - b);
  return { entries: Int32Array.from(found, (x) => (x === null ? -1 : values.indexOf(x))), values: Float64Array.from(values) };
}

test.each([
  ['a half added', (i: number, n: number) => i + (halved[n] as number), [2, 1]],
  ['a half taken away', (i: number, n: number) => i - (halved[n] as number), [2, -1]],
  ['a half, once the other way', (i: number, n: number) => (halved[i] as number) - n, [1, -2]],
  ['a third, where it matters', (i: number, n: number) => (i < n ? i + Math.round(n / 3) : null), [3, 1]],
])('%s', (_, of, weights) => {
  const { entries, values } = tabulated(of);
  expect(slopesOf(entries, values, [numbers, numbers])).toEqual([weights]);
});

test.each([
  ['equal slopes, which are tried anyway', (i: number, n: number) => i + n],
  ['one that outweighs the other', (i: number, n: number) => 10 * i + n],
  ['one that says nothing', (i: number) => i],
  ['none', () => 3],
])('nothing for %s', (_, of) => {
  const { entries, values } = tabulated(of);
  expect(slopesOf(entries, values, [numbers, numbers])).toEqual([]);
});
