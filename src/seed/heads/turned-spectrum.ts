/**
 * How alike two different tokens look to a head whose dimensions turn with the distance: what is left of the cosine of their codes, and what the
 * two dimensions of a pair mix into each other. It is counted over differences of tokens and distances, not estimated.
 */
import { type CosineSpectrum, codeEntry, cosineSpectrum, type TokenCode } from '../../codes/token-code.ts';
import type { ContentDim } from './head-space.ts';

/** Pairs of tokens that are looked at, over all distances. */
const SAMPLES = 2 ** 19;
const MOST_DISTANCES = 8;
/** Cosines are counted in steps of one over this many, the higher end. */
const STEPS = 512;
const SHUFFLE = 40503;
/** Whether any of these dimensions turn. */
export function turns(used: readonly ContentDim[]): boolean {
  return used.some(({ frequency }) => frequency > 0);
}

/**
 * The spectrum of `used` dimensions, entry by entry those of the code's beginning, where a query is turned by half of the context beforehand.
 *
 * @param kept what is left of a match at worst: cosines are parts of it
 */
export function turnedSpectrum(code: TokenCode, used: readonly ContentDim[], context: number, kept: number): CosineSpectrum {
  const length = used.length;
  if (!turns(used)) return cosineSpectrum(code, length);
  const size = 2 ** code.bits;
  const entries = new Int8Array(size * length);
  for (let token = 0; token < size; token++) for (let d = 0; d < length; d++) entries[token * length + d] = codeEntry(code, token, d);
  const isPair = used.map(({ frequency }, d) => frequency > 0 && used[d + 1]?.frequency === frequency);
  const distances = Math.max(2, Math.min(MOST_DISTANCES, SAMPLES / size));
  const counts = new Map<number, number>();
  for (let at = 0; at < distances; at++) {
    const distance = (context * (at + 0.5)) / distances - context / 2;
    const cosines = used.map(({ frequency }) => Math.cos(frequency * distance));
    const sines = used.map(({ frequency }) => Math.sin(frequency * distance));
    for (let difference = 1; difference < size; difference++) {
      const query = (Math.imul(difference + at, SHUFFLE) >>> 3) & (size - 1);
      const [q, k] = [query * length, (query ^ difference) * length];
      let sum = 0;
      for (let d = 0; d < length; d++) {
        const [a, b] = [entries[q + d] as number, entries[k + d] as number];
        sum += a * b * (cosines[d] as number);
        if (isPair[d]) sum += (a * (entries[k + d + 1] as number) - (entries[q + d + 1] as number) * b) * (sines[d] as number);
      }
      const step = Math.ceil((sum / (length * kept)) * STEPS);
      counts.set(step, (counts.get(step) ?? 0) + 1);
    }
  }
  const sorted = [...counts].sort(([a], [b]) => b - a);
  return {
    cosines: sorted.map(([step]) => step / STEPS),
    shares: sorted.map(([, count]) => count / (distances * (size - 1))),
    largest: (sorted[0]?.[0] ?? 0) / STEPS,
  };
}
