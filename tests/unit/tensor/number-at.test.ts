import { expect, test } from 'vitest';
import { numberAt, numberOf } from '../../../src/tensor/number-at.ts';

test('what is not there is a fault of ours, not a number', () => {
  expect(numberAt(Float64Array.of(1, 2), 1)).toBe(2);
  expect(() => numberAt(Float64Array.of(1, 2), 2)).toThrow('there is no number 2 among 2');
  expect(() => numberAt([], -1)).toThrow(RangeError);
  expect(numberOf(new Map([['a', 0]]), 'a')).toBe(0);
  expect(() => numberOf(new Map([['a', 0]]), 'b')).toThrow('there is no number for b among 1');
});
