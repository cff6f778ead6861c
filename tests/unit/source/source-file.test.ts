/** Offsets, lines and columns of a text. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSpan, positionAt, sourceFile, spanCover, spanText } from '../../../src/source/source-file.ts';

test('positions are one-based lines and columns', () => {
  const file = sourceFile('a.rasp', 'x = 1;\n\ny = 2;');
  expect(positionAt(file, 0)).toEqual({ line: 1, column: 1 });
  expect(positionAt(file, 6)).toEqual({ line: 1, column: 7 });
  expect(positionAt(file, 7)).toEqual({ line: 2, column: 1 });
  expect(positionAt(file, 8)).toEqual({ line: 3, column: 1 });
  expect(positionAt(file, 14)).toEqual({ line: 3, column: 7 });
});

test('a position counts the line breaks before it', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', ' ') }), fc.nat(), (text, at) => {
      const offset = at % (text.length + 1);
      const before = text.slice(0, offset);
      const line = before.split('\n').length;
      expect(positionAt(sourceFile('t', text), offset)).toEqual({ line, column: offset - before.lastIndexOf('\n') });
    }),
  );
});

test('spans know their text, their places and their union', () => {
  const file = sourceFile('a.rasp', 'x = 1;\ny = 2;');
  const first = { file, start: 0, end: 6 };
  const second = { file, start: 7, end: 13 };
  expect(spanText(second)).toBe('y = 2;');
  expect(formatSpan(second)).toBe('a.rasp:2:1-2:7');
  expect(spanText(spanCover(second, first))).toBe(file.text);
});
