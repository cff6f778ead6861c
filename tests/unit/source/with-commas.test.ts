import { expect, test } from 'vitest';
import { withCommas } from '../../../src/source/with-commas.ts';

test('numbers are written as the locale en-US writes them', () => {
  for (const value of [0, 7, 999, 1000, 12345, 1234567, -4321, 0.5, 1234.5678, 2 ** 40, 1e15])
    expect(withCommas(value)).toBe(value.toLocaleString('en-US'));
  expect(withCommas(12345678901234567890n)).toBe(12345678901234567890n.toLocaleString('en-US'));
});
