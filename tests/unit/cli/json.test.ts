import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeJson, type Json, valueJson } from '../../../src/cli/terminal/json.ts';

describe('encodeJson', () => {
  test('writes plain data as JavaScript does', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => encodeJson(value as Json) === JSON.stringify(value)));
  });

  test('leaves undefined members out', () => {
    expect(encodeJson({ a: undefined, b: [undefined, 1] })).toBe('{"b":[null,1]}');
  });
});

describe('valueJson', () => {
  test.each([
    [10n ** 20n, '100000000000000000000'],
    [2, '2.0'],
    [-0, '-0.0'],
    [0.1, '0.1'],
    [1e300, '1e+300'],
    [Number.POSITIVE_INFINITY, '1e999'],
    [Number.NaN, 'null'],
    [true, 'true'],
    ['a"b', '"a\\"b"'],
  ])('%s', (value, text) => {
    expect(encodeJson(valueJson(value))).toBe(text);
  });

  test('every float is read back as it was', () => {
    fc.assert(fc.property(fc.double({ noNaN: true }), (value) => Object.is(JSON.parse(encodeJson(valueJson(value))), value)));
  });
});
