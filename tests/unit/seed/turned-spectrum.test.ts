import { describe, expect, test } from 'vitest';
import { codeEntry, cosineSpectrum, tokenCode } from '../../../src/codes/token-code.ts';
import { contentKept } from '../../../src/seed/heads/head-space.ts';
import { turnedSpectrum } from '../../../src/seed/heads/turned-spectrum.ts';

const CONTEXT = 100;
const pair = (frequency: number, dim: number) => [
  { dim, frequency },
  { dim: dim + 1, frequency },
];

describe('what is left of cosines where dimensions turn', () => {
  const code = tokenCode(64, 8);

  test('nothing turns: the spectrum of the code', () => {
    const still = Array.from({ length: 8 }, (_, dim) => ({ dim, frequency: 0 }));
    expect(turnedSpectrum(code, still, CONTEXT, 1)).toEqual(cosineSpectrum(code, 8));
  });

  test('pairs turn: that of all pairs of tokens, as complex numbers, at the distances between', () => {
    const used = [...pair(0.002, 0), ...pair(0.005, 2), ...pair(0.01, 4), ...pair(0.018, 6)];
    const kept = contentKept(used, CONTEXT / 2);
    const all: number[] = [];
    for (let q = 0; q < 64; q++)
      for (let k = 0; k < 64; k++)
        for (let at = 0; q !== k && at < 8; at++) {
          const distance = (CONTEXT * (at + 0.5)) / 8 - CONTEXT / 2;
          let sum = 0;
          for (let d = 0; d < 8; d += 2) {
            const [a, b] = [codeEntry(code, q, d), codeEntry(code, q, d + 1)];
            const [x, y] = [codeEntry(code, k, d), codeEntry(code, k, d + 1)];
            // the real part of (a + bi)·conj(x + yi)·e^(i·angle)
            const angle = (used[d]?.frequency ?? 0) * distance;
            sum += (a * x + b * y) * Math.cos(angle) - (b * x - a * y) * Math.sin(angle);
          }
          all.push(sum / 8 / kept);
        }
    const found = turnedSpectrum(code, used, CONTEXT, kept);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const weighted = found.cosines.reduce((sum, cosine, i) => sum + cosine * (found.shares[i] as number), 0);
    expect(found.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(Math.abs(weighted - mean(all))).toBeLessThan(0.03);
    // one pair of tokens for each difference: never above all of them, and turning makes some more alike than their codes are
    expect(found.largest).toBeLessThanOrEqual(Math.max(...all) + 1 / 512);
    expect(found.largest).toBeGreaterThan(cosineSpectrum(code, 8).largest);
  });
});
