import { describe, expect, test } from 'vitest';
import { assembledDraw, CHUNK } from '../../../src/seed/draw/draw-kernel.ts';
import { drawNormal, drawPlainly } from '../../../src/seed/draw/draw-tensor.ts';
import { normalQuantile, portableLog } from '../../../src/seed/draw/normal.ts';
import { philox, philoxWords } from '../../../src/seed/draw/philox.ts';
import { sha256OfText } from '../../../src/source/sha256.ts';

const block = (index: number, key0: number, key1: number) => {
  const out = new Uint32Array(4);
  philox(index, key0, key1, out);
  return [...out];
};

/** Philox4x32-10 written plainly, with whole products. */
function plainPhilox(index: bigint, key: readonly [bigint, bigint]): number[] {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = [index & mask, index >> 32n, 0n, 0n];
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [0xd2511f53n * c0, 0xcd9e8d57n * c2];
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
    [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
  }
  return [c0, c1, c2, c3].map(Number);
}

test('a tensor is the quantiles of the words, to the bit, wherever it begins', () => {
  const key = new DataView(sha256OfText(['raspc seed 1', '5', 'w'].join('\0')).buffer);
  const [key0, key1] = [key.getUint32(0, true), key.getUint32(4, true)];
  const count = 9_001;
  for (const from of [0, 3, 4097]) {
    const plain = Float32Array.from({ length: count }, (_, i) => {
      const at = from + i;
      const word = block(Math.floor(at / 4), key0, key1)[at % 4] as number;
      return 0.02 * normalQuantile((word + 0.5) * 2 ** -32);
    });
    expect(drawNormal(5, 'w', from, new Float32Array(count), 0.02)).toEqual(plain);
  }
});

describe('philox', () => {
  test('gives the known answer of Random123 for the zero counter and key', () => {
    expect(block(0, 0, 0)).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  });

  test('many blocks are those one after the other, across a word of the counter', () => {
    const out = new Uint32Array(16);
    philoxWords(2 ** 32 - 2, 7, 9, out);
    expect([...out]).toEqual([0, 1, 2, 3].flatMap((i) => block(2 ** 32 - 2 + i, 7, 9)));
  });

  test('is the plain one for any counter and key', () => {
    for (let i = 0; i < 500; i++) {
      const index = i * 0x1234567 * 99991;
      const [k0 = 0, k1 = 0] = block(i, 1, 2);
      expect(block(index, k0, k1)).toEqual(plainPhilox(BigInt(index), [BigInt(k0), BigInt(k1)]));
    }
  });
});

describe('normal numbers', () => {
  test('the logarithm is that of the machine to the last digits', () => {
    for (const x of [1e-300, 1e-9, 0.1, 0.7, 1, Math.SQRT2, 2, 10, 12345.678]) expect(portableLog(x)).toBeCloseTo(Math.log(x), 12);
  });

  test('quantiles are the tabulated ones', () => {
    // Abramowitz and Stegun, table 26.5, and values of AS 241's own paper
    const known = [
      [0.25, -0.6744897501960817],
      [0.001, -3.090232306167814],
      [1e-20, -9.26234008979841],
      [0.975, 1.959963984540054],
    ];
    for (const [p, z] of known) expect(normalQuantile(p as number)).toBeCloseTo(z as number, 12);
  });

  test('a tensor can be drawn from any place on, and is the same each time', () => {
    const all = drawNormal(7, 'w', 0, new Float32Array(103), 0.02);
    for (const from of [0, 1, 2, 3, 4, 50])
      expect(drawNormal(7, 'w', from, new Float32Array(53), 0.02)).toEqual(all.slice(from, from + 53));
    expect(drawNormal(8, 'w', 0, new Float32Array(8), 0.02)).not.toEqual(all.slice(0, 8));
    expect(drawNormal(7, 'v', 0, new Float32Array(8), 0.02)).not.toEqual(all.slice(0, 8));
  });

  test('have the mean, deviation and kurtosis of the normal distribution', () => {
    const values = drawNormal(1, 'w', 0, new Float32Array(200_000), 2);
    const moment = (power: number) => values.reduce((sum, value) => sum + (value / 2) ** power, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.01);
    expect(moment(2)).toBeCloseTo(1, 1.5);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
  });
});

test('without WebAssembly the same numbers are drawn, only later', () => {
  const kernel = assembledDraw((globalThis as unknown as { WebAssembly: Parameters<typeof assembledDraw>[0] }).WebAssembly);
  for (const number of [0, 7, 2 ** 31, 2 ** 32 - 1024]) {
    const plain = drawPlainly([0x9e3779b9, 0xfedcba98], 4 * number, new Float32Array(CHUNK), 0.5);
    expect(kernel?.(number, 0x9e3779b9, 0xfedcba98, 0.5)).toEqual(plain);
  }
  expect(assembledDraw(undefined)).toBeNull();
});
