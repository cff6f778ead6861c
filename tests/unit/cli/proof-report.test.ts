/** What is said of a proof that fails: no number that is none, whatever has gone out of every range. */
import { expect, test } from 'vitest';
import { HalfArithmetic } from '../../../src/checker/half/half-interval.ts';
import { proofText } from '../../../src/cli/report/proof-report.ts';

function textOf(error: number, allowed: number): string {
  const decision = {
    kind: 'selection',
    name: 'x',
    span: 'x.rasp:1:1-1:2',
    tensor: 'query.weight',
    part: 'head 0',
    error,
    allowed,
  } as const;
  const failed = { kind: 'checked', holds: false, semantics: 'any-order', margin: Number.NEGATIVE_INFINITY, errorBound: error } as const;
  return proofText({ ...failed, decisions: [decision], failures: [decision] });
}

test('an error is a number, or in words', () => {
  expect(textOf(2, 0.5)).toContain('the attention of `x` (query.weight, head 0) may be off by 2.00, and 0.500 is allowed');
  for (const error of [Number.POSITIVE_INFINITY, Number.NaN]) {
    expect(textOf(error, 0.5)).toContain('is bounded by nothing that could be shown, and 0.500 is allowed');
    expect(textOf(error, 0.5)).not.toMatch(/NaN|Infinity/);
  }
});

test('in half precision what overflows has a size, or is of any', () => {
  const half = new HalfArithmetic('f16');
  expect(() => half.round({ low: 0, high: 70_000 }, 'a score')).toThrow('a score may be 7e+4, beyond the range of f16');
  for (const high of [Number.POSITIVE_INFINITY, Number.NaN]) {
    expect(() => half.round({ low: 0, high }, 'a score')).toThrow('a score may be of any size, beyond the range of f16');
  }
});
