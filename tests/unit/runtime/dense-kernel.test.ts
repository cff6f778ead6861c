/** The kernel of dense matrices, as WebAssembly and without: the same sums, bit for bit. */
import { expect, test } from 'vitest';
import { assembledKernel, type DenseKernel, plainKernel, TILE } from '../../../src/runtime/float32/dense-kernel.ts';
import { Random } from '../../../src/verify/random.ts';

const [COLUMNS, TILES] = [7, 3];
const PANEL = 0;
const WEIGHTS = PANEL + TILES * COLUMNS * TILE;
const SUMS = WEIGHTS + COLUMNS * TILE;
const LENGTH = SUMS + TILES * TILE * TILE;

function products(kernel: DenseKernel): number[] {
  const random = new Random(5, 0);
  const memory = kernel.memory(20_000);
  for (let at = 0; at < SUMS; at++) memory[at] = (random.below(2001) - 1000) / 7;
  kernel.multiply(PANEL, WEIGHTS, SUMS, COLUMNS, TILES);
  return [...kernel.memory(LENGTH).slice(SUMS, LENGTH)];
}

test('without WebAssembly the sums are the same, bit for bit', () => {
  const assembled = assembledKernel((globalThis as unknown as { WebAssembly: Parameters<typeof assembledKernel>[0] }).WebAssembly);
  const plain = products(plainKernel());
  expect(plain).toHaveLength(TILES * TILE * TILE);
  expect(new Set(plain).size).toBeGreaterThan(40);
  expect(products(assembled as DenseKernel)).toEqual(plain);
});

test('where a policy forbids it, or there is none, no kernel is made of it', () => {
  class Forbidden {
    constructor() {
      throw new Error('a policy forbids it');
    }
  }
  expect(assembledKernel({ Module: Forbidden, Instance: Forbidden as never })).toBeNull();
  expect(assembledKernel(undefined)).toBeNull();
});
