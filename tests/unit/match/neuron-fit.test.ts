/** How a neuron is told to fit a class, against values worked out by hand. */
import { expect, test } from 'vitest';
import { logAtLeast, neuronFit } from '../../../src/match/neurons/neuron-fit.ts';

const said = (values: readonly number[], members: readonly number[]) => {
  const row = Float32Array.from(values);
  return neuronFit(row, row.slice().sort(), Int32Array.from(members));
};

test('of as many tokens as the class has, those on which the neuron is largest, or smallest', () => {
  const values = [9, 8, 7, 6, 1, 5, 0, 0, 0, 0];
  // four of the five largest are of the class, where half would be by chance
  expect(said(values, [0, 1, 2, 3, 4])).toMatchObject({ tokens: 10, members: 5, hits: 4, sign: 1 });
  expect(said(values, [0, 1, 2, 3, 4])?.overlap).toBeCloseTo((4 / 5 - 1 / 2) / (1 - 1 / 2), 6);
  expect(said(values.map((value) => -value), [0, 1, 2, 3, 5])).toMatchObject({ hits: 5, sign: -1, overlap: 1 }); // biome-ignore format: a line
  expect(said(values, [0, 1, 2, 3])).toBeNull();
});

test('a neuron that says the same everywhere tells nothing', () => {
  expect(said(new Array<number>(10).fill(3), [0, 1, 2, 3, 4])).toMatchObject({ hits: 2, logP: 0 });
});

test('the probability is that of drawing without putting back', () => {
  // one of the C(10, 5) = 252 ways, and 25 more
  expect(Math.exp(logAtLeast(5, 5, 5, 10))).toBeCloseTo(1 / 252, 10);
  expect(Math.exp(logAtLeast(4, 5, 5, 10))).toBeCloseTo(26 / 252, 10);
  expect(logAtLeast(0, 5, 5, 10)).toBeCloseTo(0, 10);
});
