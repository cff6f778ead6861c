import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeJson, type JsonTree, parseStrictJson, strictUtf8 } from '../../../src/checkpoint/json/strict-json.ts';

function plain(tree: JsonTree): unknown {
  if (tree instanceof Map) return Object.fromEntries([...tree].map(([key, value]) => [key, plain(value)]));
  if (Array.isArray(tree)) return tree.map(plain);
  return typeof tree === 'bigint' ? Number(tree) : tree;
}

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.integer({ min: 0, max: 3 }), (text, spaces) => {
      const wide = JSON.stringify(JSON.parse(text), null, spaces);
      expect(JSON.stringify(plain(parseStrictJson(wide)))).toBe(JSON.stringify(JSON.parse(text)));
    }),
  );
});

test('refuses what JSON.parse refuses', () => {
  const letters = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"a"',
    '"b"',
    '1',
    '-',
    '.5',
    'e3',
    'true',
    'null',
    ' ',
    '\\',
    '"',
    '\n',
    '01',
  );
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 8 }), (pieces) => {
      const text = pieces.join('');
      let expected = true;
      try {
        JSON.parse(text);
      } catch {
        expected = false;
      }
      // the one thing that JSON.parse lets through
      fc.pre(!(expected && /"(a|b)":.*"\1":/s.test(text)));
      let found = true;
      try {
        parseStrictJson(text);
      } catch {
        found = false;
      }
      expect(found).toBe(expected);
    }),
    { numRuns: 3000 },
  );
});

test('keeps integers exact and apart from floats', () => {
  expect(parseStrictJson('[1, 1.0, 1e0, 123456789012345678901, -0, 0]')).toEqual([1n, 1, 1, 123456789012345678901n, -0, 0n]);
});

test('keeps keys that are special to JavaScript', () => {
  const tree = parseStrictJson('{"__proto__": 1, "constructor": 2}') as ReadonlyMap<string, JsonTree>;
  expect([...tree.keys()]).toEqual(['__proto__', 'constructor']);
});

describe('says what is wrong and where', () => {
  test.each([
    ['{"a": 1, "a": 2}', 'the key `a` twice at line 1, column 10'],
    ['{"a": 1,\n "b" 2}', 'expected `:` and found `2` at line 2, column 6'],
    ['[1, 2', 'expected `]` and found the end at line 1, column 6'],
    ['[1,]', 'expected a value and found `]` at line 1, column 4'],
    ['"abc', 'a string without an end at line 1, column 1'],
    ['"a\tb"', 'a control character in a string at line 1, column 3'],
    ['"\\x"', 'an unknown escape in a string at line 1, column 2'],
    ['"\\ud800"', 'half a surrogate pair in a string at line 1, column 1'],
    ['nul', 'expected a value and found `n` at line 1, column 1'],
    ['', 'expected a value and found the end at line 1, column 1'],
    ['1 2', 'expected the end and found `2` at line 1, column 3'],
    [`${'['.repeat(129)}`, 'more than 128 lists and objects inside each other at line 1, column 129'],
  ])('%s', (text, why) => {
    expect(() => parseStrictJson(text)).toThrow(why);
  });
});

test('a million brackets are refused without a stack overflow', () => {
  expect(() => parseStrictJson('['.repeat(1e6))).toThrow('more than 128');
  expect(() => parseStrictJson('{"a":'.repeat(1e6))).toThrow('more than 128');
});

test('UTF-8 is strict', () => {
  expect(strictUtf8(new TextEncoder().encode('é🙂'))).toBe('é🙂');
  expect(strictUtf8(Uint8Array.of(0xc0, 0x80))).toBe(null);
  expect(strictUtf8(Uint8Array.of(0xed, 0xa0, 0x80))).toBe(null);
});

test('describes values', () => {
  expect(['x', 1n, 1.5, true, null, [], new Map(), undefined].map((tree) => describeJson(tree as JsonTree))).toEqual([
    '"x"',
    '1',
    '1.5',
    'true',
    'null',
    'a list of 0',
    'an object',
    'missing',
  ]);
  expect(describeJson('x'.repeat(100)).length).toBe(41);
});
