import { describe, expect, test } from 'vitest';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import type { Value } from '../../../src/graph/value.ts';
import { type InputLimits, parseInput } from '../../../src/library/parse-input.ts';

const anything: InputLimits = { vocabulary: null, context: null };
const over = (...vocabulary: Value[]): InputLimits => ({ vocabulary, context: null });

function refused(text: string, limits: InputLimits) {
  try {
    parseInput(text, limits);
  } catch (fault) {
    if (fault instanceof DiagnosticError) return fault.diagnostics.map(({ code, message, help }) => [code, message, ...help].join('; '));
    throw fault;
  }
  return [];
}

describe('a string', () => {
  test('is one token a character, a surrogate pair being one', () => {
    expect(parseInput('a😀b', anything)).toEqual(['a', '😀', 'b']);
  });

  test('that looks like a list but is no JSON is a string', () => {
    expect(parseInput('[a', anything)).toEqual(['[', 'a']);
    expect(parseInput('[]()', over('[', ']', '(', ')'))).toEqual(['[', ']', '(', ')']);
  });

  test('is cut into the longest tokens that fit', () => {
    expect(parseInput('aaab', over('a', 'aa', 'b'))).toEqual(['aa', 'a', 'b']);
    expect(parseInput('the cat', over('the', 'cat'))).toEqual(['the', 'cat']);
    expect(parseInput('a b', over('a', ' ', 'b'))).toEqual(['a', ' ', 'b']);
  });

  test('gives numbers where the vocabulary is of numbers', () => {
    expect(parseInput('1012', over(0n, 1n, 2n, 10n))).toEqual([10n, 1n, 2n]);
    expect(parseInput('2.5 True', over(2.5, true))).toEqual([2.5, true]);
  });
});

describe('a JSON list', () => {
  test('keeps ints, floats and digits apart', () => {
    expect(parseInput('[1, 1.0, -2, 1e2, "1", true, 123456789012345678901]', anything)).toEqual([
      1n,
      1,
      -2n,
      100,
      '1',
      true,
      123456789012345678901n,
    ]);
  });

  test('reads strings with escapes, commas and digits in them', () => {
    expect(parseInput('["a\\"b, 12", "[1]", "\\u00e9"]', anything)).toEqual(['a"b, 12', '[1]', 'é']);
  });

  test('gives the vocabulary its own value', () => {
    expect(parseInput('[1.0, 2]', over(1n, 2n))).toEqual([1n, 2n]);
    expect(parseInput('[1, 0]', over('0', '1'))).toEqual(['1', '0']);
  });
});

describe('what is refused', () => {
  test.each([
    ['aXb', over('a', 'b'), 'R8201; `X` at position 1 is not in the vocabulary; the vocabulary is `a` `b`'],
    ['the dog', over('the', 'cat'), 'R8201; `dog` at position 1 is not in the vocabulary; the vocabulary is `the` `cat`'],
    ['["a", "c"]', over('a'), 'R8201; `c` at position 1 is not in the vocabulary; the vocabulary is `a`'],
    [
      'abc',
      { vocabulary: null, context: 2 },
      'R8202; the input has 3 tokens, but the context is 2; shorten the input, or compile with `--context 3` or more',
    ],
    ['[[1], 2]', anything, 'R8203; `[1]` in the input is not a string, a number, `true` or `false`'],
    ['[null]', anything, 'R8203; `null` in the input is not a string, a number, `true` or `false`'],
    ['', anything, 'R8204; the input is empty; an input has at least one token'],
    ['[]', anything, 'R8204; the input is empty; an input has at least one token'],
  ] as const)('%s', (text, limits, expected) => {
    expect(refused(text, limits)).toEqual([expected]);
  });

  test('a large vocabulary is not listed whole', () => {
    const many = Array.from({ length: 100 }, (_, i) => BigInt(i));
    expect(refused('["x"]', over(...many))[0]).toMatch(/`29` and 70 more$/);
  });
});
