/** Bounds that look at no pair are no smaller than what looking at all of them finds. */
import { describe, expect, test } from 'vitest';
import { boundSides, hasTooManyPairs } from '../../../src/predict/scores/bound-sides.ts';
import { compareSides } from '../../../src/predict/scores/compare-sides.ts';
import { type Side, sideErrorsOf } from '../../../src/predict/scores/side.ts';
import { sparseOf } from '../../../src/predict/scores/sparse.ts';
import { areMany, envelopeOf } from '../../../src/predict/single/envelope.ts';
import { Random } from '../../../src/verify/random.ts';

const DIMENSIONS = 5;

function side(random: Random): Side {
  const number = () => (random.below(3) === 0 ? 0 : random.below(2001) / 1000 - 1);
  const numbers = Array.from({ length: DIMENSIONS }, number);
  return {
    vector: sparseOf(numbers.length, (dimension) => numbers[dimension] as number),
    ...sideErrorsOf(Float64Array.from({ length: DIMENSIONS }, () => Math.abs(number()) / 50)),
  };
}

describe('scores of two sides', () => {
  test('are looked at pair by pair up to two million of them, and fewer of many dimensions', () => {
    const sides = (count: number, dimensions: number) => {
      const one: Side = { vector: sparseOf(dimensions, () => 1), ...sideErrorsOf(new Float64Array(dimensions)) };
      return new Array<Side>(count).fill(one);
    };
    expect(hasTooManyPairs(sides(1024, 30), sides(1025, 30))).toBe(false);
    expect(hasTooManyPairs(sides(1664, 4), sides(1665, 4))).toBe(true);
    expect(hasTooManyPairs(sides(1024, 40), sides(1025, 40))).toBe(true);
    // a dimension for each of many values
    expect(hasTooManyPairs(sides(1664, 200), sides(1665, 200))).toBe(false);
  });

  test('are off by no more than is said without looking at pairs', () => {
    const random = new Random(1, 0);
    for (let trial = 0; trial < 200; trial++) {
      const [queries, keys] = [0, 0].map(() => Array.from({ length: 1 + random.below(6) }, () => side(random))) as [Side[], Side[]];
      const [looked, bound] = [compareSides(queries, keys), boundSides(queries, keys)];
      for (const part of ['selected', 'any', 'magnitude', 'products'] as const)
        expect(bound[part] * (1 + 1e-12), part).toBeGreaterThanOrEqual(looked[part]);
      for (const part of ['apart', 'closer'] as const)
        expect(bound.lost[part] * (1 + 1e-12), part).toBeGreaterThanOrEqual(looked.lost[part]);
    }
  });

  test('that are alike in every pair are bounded by just what they are off by', () => {
    const one = (errors: number): Side => ({
      vector: sparseOf(1, () => 1),
      ...sideErrorsOf(Float64Array.of(errors)),
    });
    expect(boundSides([one(0.25)], [one(0.5)]).any).toBeCloseTo(compareSides([one(0.25)], [one(0.5)]).any, 9);
  });
});

test('an envelope has of each feature the largest weight that any form has', () => {
  const register = { id: 1, name: 'x', spans: [], node: null, encoding: 'features', values: null, features: [] } as never;
  const form = (constant: number, ...weights: number[]) => ({
    constant,
    terms: weights.map((weight, feature) => ({ register, feature, weight })),
  });
  expect(envelopeOf([form(-3, 1, -2), form(2, -1.5, 0)])).toEqual(form(3, 1.5, 2));
  expect(areMany(Array.from({ length: 10_000 }, () => form(0, 1, 1)))).toBe(true);
  expect(areMany([form(0, 1, 1)])).toBe(false);
});
