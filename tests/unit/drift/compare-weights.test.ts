import { describe, expect, test } from 'vitest';
import { productCosine } from '../../../src/drift/compare-weights.ts';

const [DIM, WIDTH] = [2, 3];
const matrix = (...entries: number[]): Float64Array => Float64Array.from(entries);
const NOTHING = new Float64Array(DIM * WIDTH);
const A = matrix(1, 0, 2, 0, 1, -1);
const B = matrix(0, 1, 1, 3, 0, 1);

describe('the cosine of two products', () => {
  test('is that of the products, whatever they are made of', () => {
    const twice = A.map((entry) => 2 * entry);
    expect(productCosine([A, B], [A, B], DIM, WIDTH)).toBeCloseTo(1, 12);
    expect(productCosine([A, B], [twice, B], DIM, WIDTH)).toBeCloseTo(1, 12);
    expect(productCosine([A, B], [twice.map((entry) => -entry), B], DIM, WIDTH)).toBeCloseTo(-1, 12);
  });

  test('of a head without scores that has got none is 1, and 0 of one that has got or lost them', () => {
    expect(productCosine([NOTHING, B], [NOTHING, A], DIM, WIDTH)).toBe(1);
    expect(productCosine([NOTHING, B], [A, B], DIM, WIDTH)).toBe(0);
    expect(productCosine([A, B], [A, NOTHING], DIM, WIDTH)).toBe(0);
  });
});
