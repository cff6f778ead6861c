/** What a disguise turns by: matrices that are orthogonal, that keep what they have to keep, and that are the same everywhere. */
import { describe, expect, test } from 'vitest';
import { dot, drawDirection, drawVector, randomFor } from '../../../src/disguise/turn/draw-numbers.ts';
import { applied, defectOf, drawCommuting, drawMeanKeeping, drawOrthogonal } from '../../../src/disguise/turn/orthogonal.ts';

const random = () => randomFor('a seed', 'a test');

describe.each([1, 2, 7, 48])('of %i dimensions', (size) => {
  test('any is orthogonal', () => {
    expect(defectOf(drawOrthogonal(size, random()))).toBeLessThan(1e-13);
  });

  test('one that keeps the mean maps ones to ones', () => {
    const turn = drawMeanKeeping(size, random());
    expect(defectOf(turn)).toBeLessThan(1e-13);
    for (const x of applied(turn, new Float64Array(size).fill(1))) expect(x).toBeCloseTo(1, 12);
  });
});

test('one that commutes with turning pairs leaves scores at every distance as they are', () => {
  const [size, turning] = [12, 8];
  const turn = drawCommuting(size, turning, random());
  expect(defectOf(turn)).toBeLessThan(1e-13);
  const at = (vector: Float64Array, position: number) => {
    const turned = vector.slice();
    for (let i = 0; i < turning / 2; i++) {
      const angle = position * 0.3 ** i;
      const [a, b] = [vector[i] as number, vector[i + turning / 2] as number];
      turned[i] = a * Math.cos(angle) - b * Math.sin(angle);
      turned[i + turning / 2] = a * Math.sin(angle) + b * Math.cos(angle);
    }
    return turned;
  };
  const numbers = random();
  const [query, key] = [drawVector(numbers, size), drawVector(numbers, size)];
  for (const [i, j] of [
    [0, 0],
    [5, 2],
    [3, 9],
  ] as const)
    expect(dot(at(applied(turn, query), i), at(applied(turn, key), j))).toBeCloseTo(dot(at(query, i), at(key, j)), 10);
});

test('a direction has its length and, where asked, no mean', () => {
  const direction = drawDirection(random(), 9, 3, true);
  expect(Math.sqrt(dot(direction, direction))).toBeCloseTo(3, 12);
  expect(direction.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 12);
});

test('a seed gives the numbers that it always gave', () => {
  // on another machine, and in another release, a key has to give the same bytes
  expect([...drawVector(randomFor('a seed', 'stream'), 3)]).toEqual(PINNED);
});

const PINNED = [-0.3408625846482949, -0.48155663590161857, -0.8545054862587167];
