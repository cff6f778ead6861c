/** What is lost of the distance between a selected key and any other is never more than is said. */
import { describe, expect, test } from 'vitest';
import { compareSides } from '../../../src/predict/scores/compare-sides.ts';
import { type Side, sideErrorsOf } from '../../../src/predict/scores/side.ts';
import { sparseOf } from '../../../src/predict/scores/sparse.ts';
import { seededRandom } from '../../support/random.ts';

const SLOTS = 12;
const GAIN = 40;

/** A circle: neighbours lie near, so that a bound of each score by itself is far too wide. */
const circle = (slot: number) => [Math.cos((2 * Math.PI * slot) / SLOTS), Math.sin((2 * Math.PI * slot) / SLOTS)];

function side(numbers: readonly number[], errors: readonly number[]): Side {
  return { vector: sparseOf(numbers.length, (dimension) => numbers[dimension] as number), ...sideErrorsOf(Float64Array.from(errors)) };
}

const score = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, d) => sum + x * (b[d] as number), 0);

describe.each([0.0005, 0.005, 0.02])('codes that are off by %f', (off) => {
  const random = seededRandom(3);
  const errorsOf = () => [off * random(), off * random()];
  const keys = Array.from({ length: SLOTS }, (_, slot) => ({ numbers: circle(slot), errors: errorsOf() }));
  const queries = Array.from({ length: SLOTS }, (_, slot) => ({
    numbers: circle(slot).map((x) => GAIN * x),
    errors: errorsOf().map((x) => GAIN * x),
  }));
  const sides = (each: typeof keys) => each.map(({ numbers, errors }) => side(numbers, errors));
  const { lost, selected, any } = compareSides(sides(queries), sides(keys));
  const gap = GAIN * (1 - Math.cos((2 * Math.PI) / SLOTS));

  test('no key comes closer to the selected one, whatever the signs of the errors', () => {
    let least = Number.POSITIVE_INFINITY;
    const shifted = ({ numbers, errors }: (typeof keys)[number], signs: number) =>
      numbers.map((x, d) => x + ((signs >> d) & 1 ? 1 : -1) * (errors[d] as number));
    for (const [q, query] of queries.entries()) {
      for (const [k, key] of keys.entries()) {
        if (k === q) continue;
        for (let signs = 0; signs < 64; signs++) {
          const own = shifted(query, signs);
          const lead = score(own, shifted(keys[q] as (typeof keys)[number], signs >> 2)) - score(own, shifted(key, signs >> 4));
          least = Math.min(least, lead);
        }
      }
    }
    expect(least).toBeGreaterThanOrEqual(gap - lost.apart - 1e-9);
    // and it is a bound worth having: not twice what was found
    expect(gap - least).toBeGreaterThan(lost.apart / 2);
  });

  test('it is less than what both scores may be off by', () => {
    expect(lost.apart).toBeLessThan(selected + any);
    expect(lost.closer).toBeLessThanOrEqual(any + 1e-12);
  });
});

test('keys that are selected alike and differ are bounded one by one', () => {
  const keys = [side([1, 0], [0.01, 0.01]), side([0, 1], [0.01, 0.01]), side([0, 0], [0, 0])];
  const { lost } = compareSides([side([5, 5], [0.1, 0.1])], keys);
  expect(lost.apart).toBe(Number.POSITIVE_INFINITY);
});
