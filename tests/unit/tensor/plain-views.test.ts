/** Pages run on views of their own in ndarray's place: they have to be ndarray's. */
import ndarray from 'ndarray';
import { expect, test } from 'vitest';
import plainView from '../../../src/tensor/plain-views.ts';

const DATA = Float32Array.from({ length: 24 }, (_, i) => i);

test.each<[name: string, shape: number[], stride: number[] | undefined, offset: number, order: number[]]>([
  ['a matrix', [4, 6], undefined, 0, [1, 0]],
  ['a cube', [2, 3, 4], undefined, 0, [2, 0, 1]],
  ['every other column, from the second row', [3, 3], [6, 2], 6, [1, 0]],
  ['a vector', [5], undefined, 0, [0]],
  ['nothing', [0, 3], undefined, 0, [1, 0]],
])('%s', (_, shape, stride, offset, order) => {
  const own = plainView(DATA, shape, stride, offset);
  const theirs = stride === undefined ? ndarray(DATA, shape) : ndarray(DATA, shape, stride, offset);
  for (const [plain, made] of [
    [own, theirs],
    [own.transpose(...order), theirs.transpose(...order)],
  ] as const) {
    expect([plain.shape, plain.stride, plain.offset]).toEqual([made.shape, made.stride, made.offset]);
    expect(plain.data).toBe(made.data);
  }
});
