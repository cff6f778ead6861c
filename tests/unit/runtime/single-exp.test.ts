import { describe, expect, it } from 'vitest';
import { singleExp } from '../../../src/runtime/float32/single-exp.ts';

describe('the exponential function for float32', () => {
  it('agrees with that of float64 to a sixth of a float32 rounding', () => {
    for (let x = 0; x > -87; x -= 0.00317) expect(Math.abs(singleExp(x) / Math.exp(x) - 1)).toBeLessThan(1e-8);
  });

  it('rounds to the numbers of float32 below the normal ones', () => {
    for (let x = -87; x > -110; x -= 0.0317) {
      expect(Math.abs(Math.fround(singleExp(x)) - Math.fround(Math.exp(x)))).toBeLessThanOrEqual(2 ** -149);
    }
  });

  it('is 1 at 0, 0 far below, and keeps what is no number', () => {
    expect([0, -200, Number.NEGATIVE_INFINITY, Number.NaN].map(singleExp)).toEqual([1, 0, 0, Number.NaN]);
  });
});
