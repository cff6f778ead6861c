/** Questions that a number answers with a threshold of its own for each value of another variable. */
import { expect, test } from 'vitest';
import type { SearchVariable } from '../../../src/passes/lower/steps/search-variable.ts';
import { findStepForm } from '../../../src/passes/lower/steps/step-search.ts';
import { thresholdReadings } from '../../../src/passes/lower/steps/threshold-form.ts';

const SIZE = 20;
const free: SearchVariable = {
  size: SIZE,
  free: true,
  readings: [{ levels: Float64Array.from({ length: SIZE }, (_, i) => i), noise: 1e-6 }],
};
/** What a head counts: numbers that lie closer the larger they are. */
const counted: SearchVariable = {
  size: SIZE,
  free: false,
  readings: [{ levels: Float64Array.from({ length: SIZE }, (_, c) => c / (SIZE + c)), noise: 1e-5 }],
};
const table = (holds: (index: number, count: number) => boolean | null) =>
  Int32Array.from({ length: SIZE * SIZE }, (_, at) => {
    const value = holds(Math.floor(at / SIZE), at % SIZE);
    return value === null ? -2 : Number(value);
  });

test.each([
  ['less', (i: number, c: number) => i + 2 < c],
  ['not less', (i: number, c: number) => i + 2 >= c],
  ['less than half', (i: number, c: number) => 2 * i < c],
  ['less, where the index lies within', (i: number, c: number) => (i < c ? i + 1 === c : null)],
])('%s is one step', (_, holds) => {
  const entries = table(holds);
  const found = findStepForm([free, counted], entries, true);
  expect(found?.pieces).toHaveLength(2);
  expect(found?.clearance).toBeGreaterThan(2);
  for (const [at, entry] of entries.entries()) {
    if (entry < 0 || found === null) continue;
    const values = [Math.floor(at / SIZE), at % SIZE];
    const number = found.parts.reduce((sum, { reading, weight }, i) => sum + weight * (reading.levels[values[i] as number] as number), 0);
    const piece = found.pieces.find(({ low, high }) => low - 1e-9 <= number && number <= high + 1e-9);
    expect(piece?.value).toBe(entry);
  }
});

test('what no threshold answers has none, and neither has what is more than a question', () => {
  expect(
    thresholdReadings(
      [free, counted],
      table((i, c) => i === c),
    ),
  ).toEqual([]);
  expect(
    thresholdReadings(
      [free, counted],
      Int32Array.from({ length: SIZE * SIZE }, (_, at) => at % 3),
    ),
  ).toEqual([]);
});

test('only a variable that can be read as anything is read as thresholds', () => {
  const found = thresholdReadings(
    [counted, { ...free, free: false }],
    table((i, c) => i < c),
  );
  expect(found).toEqual([]);
});
