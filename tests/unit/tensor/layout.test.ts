import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packParts, parseLayout, storedShape, unpackParts } from '../../../src/tensor/layout.ts';

function counted(axes: readonly string[], shape: readonly number[], from = 0) {
  const size = shape.reduce((product, length) => product * length, 1);
  return { axes, shape, data: Float64Array.from({ length: size }, (_, i) => from + i) };
}

describe('parseLayout', () => {
  test('reads plain and fused axes', () => {
    expect(parseLayout('width (part head dim)')).toEqual([['width'], ['part', 'head', 'dim']]);
    expect(parseLayout('(head dim) width')).toEqual([['head', 'dim'], ['width']]);
    expect(parseLayout('width')).toEqual([['width']]);
  });

  test.each(['width (head', 'a a', '', '(a (b))', 'a  b', 'a) b', '()'])('refuses `%s`', (text) => {
    expect(() => parseLayout(text)).toThrow('is not a layout');
  });
});

test('a transpose', () => {
  const part = counted(['hidden', 'width'], [2, 3]);
  expect([...packParts(parseLayout('width hidden'), [part])]).toEqual([0, 3, 1, 4, 2, 5]);
});

test('GPT-2 puts the parts one after another in each row', () => {
  const parts = [0, 100, 200].map((from) => counted(['head', 'dim', 'width'], [2, 1, 2], from));
  expect(storedShape(parseLayout('width (part head dim)'), parts)).toEqual([2, 6]);
  expect([...packParts(parseLayout('width (part head dim)'), parts)]).toEqual([0, 2, 100, 102, 200, 202, 1, 3, 101, 103, 201, 203]);
});

test('GPT-NeoX interleaves the parts by head', () => {
  const parts = [0, 100, 200].map((from) => counted(['head', 'dim', 'width'], [2, 2, 1], from));
  expect([...packParts(parseLayout('(head part dim) width'), parts)]).toEqual([0, 1, 100, 101, 200, 201, 2, 3, 102, 103, 202, 203]);
});

test('parts of unequal length follow each other', () => {
  const parts = [counted(['head', 'dim', 'width'], [2, 1, 1], 0), counted(['head', 'dim', 'width'], [1, 1, 1], 50)];
  expect(storedShape(parseLayout('(part head dim) width'), parts)).toEqual([3, 1]);
  expect([...packParts(parseLayout('(part head dim) width'), parts)]).toEqual([0, 1, 50]);
  expect(() => storedShape(parseLayout('(head part dim) width'), parts)).toThrow('disagree');
});

test('mistakes in a target are internal errors', () => {
  expect(() => packParts(parseLayout('width hidden'), [counted(['width'], [2])])).toThrow('lacks');
  expect(() => packParts(parseLayout('width'), [counted(['width', 'hidden'], [2, 1])])).toThrow('lacks');
});

const LAYOUTS = [
  'width (part head dim)',
  '(head part dim) width',
  '(part head dim) width',
  '(part dim head) width',
  '(width part) (dim head)',
];

test('unpack undoes pack, for any lengths and layouts', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...LAYOUTS),
      fc.record({ head: fc.integer({ min: 0, max: 4 }), dim: fc.integer({ min: 1, max: 4 }), width: fc.integer({ min: 1, max: 5 }) }),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      (text, { head, dim, width }, count, single) => {
        const layout = parseLayout(text);
        const parts = Array.from({ length: count }, (_, i) => counted(['head', 'dim', 'width'], [head, dim, width], i * 1000));
        const stored = packParts(layout, parts);
        expect(new Set(stored).size).toBe(count * head * dim * width);
        const unpacked = unpackParts(layout, parts, single ? Float32Array.from(stored) : stored);
        expect(unpacked.map((data) => [...data])).toEqual(parts.map((part) => [...part.data]));
        expect(unpacked.every((data) => data instanceof (single ? Float32Array : Float64Array))).toBe(true);
      },
    ),
  );
});
