import { describe, expect, test } from 'vitest';
import { codeEntry, cosineSpectrum, tokenCode } from '../../../src/codes/token-code.ts';

describe('token codes', () => {
  test.each([
    [100, 16, 16],
    [256, 24, 24],
    [300, 31, 20],
  ])('%d tokens in %d dimensions: the spectrum of the first %d is that of all pairs', (vocab, length, prefix) => {
    const code = tokenCode(vocab, length);
    const size = 2 ** code.bits;
    const rows = Array.from({ length: size }, (_, token) => Array.from({ length: prefix }, (_, d) => codeEntry(code, token, d)));
    let largest = -1;
    let sum = 0;
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < a; b++) {
        const cosine =
          (rows[a] as number[]).reduce((product, value, d) => product + value * ((rows[b] as number[])[d] as number), 0) / prefix;
        largest = Math.max(largest, cosine);
        sum += cosine;
      }
    }
    const spectrum = cosineSpectrum(code, prefix);
    expect(spectrum.largest).toBeCloseTo(largest, 12);
    const mean = spectrum.cosines.reduce((total, cosine, i) => total + cosine * (spectrum.shares[i] as number), 0);
    expect(mean).toBeCloseTo(sum / ((size * (size - 1)) / 2), 12);
    expect(spectrum.shares.reduce((total, share) => total + share, 0)).toBeCloseTo(1, 12);
  });

  test('a vocabulary of GPT-2 in 63 dimensions has no pair above a cosine of .37, where random codes have .72', () => {
    expect(cosineSpectrum(tokenCode(50257, 63)).largest).toBeLessThan(0.37);
  });
});
