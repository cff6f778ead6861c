/**
 * Random numbers that are the same on every machine and can be drawn in any order: a counter and a key go in, four words come out.
 * Source: Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (2011), Philox4x32 with ten rounds.
 */

export const ROUNDS = 10;
export const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
/** What the keys grow by in a round. */
export const WEYL = [0x9e3779b9, 0xbb67ae85] as const;
const [MULTIPLIER_0, MULTIPLIER_1] = MULTIPLIERS;
const [WEYL_0, WEYL_1] = WEYL;

/**
 * Writes the four words of block `index` into `out`. The counter is (index's low word, its high word, 0, 0); keys are 32-bit words,
 * indices below 2^53.
 */
export function philox(index: number, key0: number, key1: number, out: Uint32Array): void {
  philoxWords(index, key0, key1, out.length === 4 ? out : out.subarray(0, 4));
}

/** The same for the blocks from `index` on, as many as `out` holds. */
export function philoxWords(index: number, key0: number, key1: number, out: Uint32Array): void {
  for (let at = 0; at + 4 <= out.length; at += 4) {
    const number = index + at / 4;
    let c0 = number | 0;
    let c1 = number < 2 ** 32 ? 0 : Math.floor(number / 2 ** 32) | 0;
    let c2 = 0;
    let c3 = 0;
    let k0 = key0 | 0;
    let k1 = key1 | 0;
    for (let round = 0; round < ROUNDS; round++) {
      const high0 = highWord(c0, MULTIPLIER_0 >>> 16, MULTIPLIER_0 & 0xffff);
      const high1 = highWord(c2, MULTIPLIER_1 >>> 16, MULTIPLIER_1 & 0xffff);
      const low0 = Math.imul(c0, MULTIPLIER_0);
      c0 = high1 ^ c1 ^ k0;
      c1 = Math.imul(c2, MULTIPLIER_1);
      c2 = high0 ^ c3 ^ k1;
      c3 = low0;
      k0 = (k0 + WEYL_0) | 0;
      k1 = (k1 + WEYL_1) | 0;
    }
    out[at] = c0;
    out[at + 1] = c1;
    out[at + 2] = c2;
    out[at + 3] = c3;
  }
}

/** The high word of a product of two words, by their halves: no sum here exceeds 32 bits. */
function highWord(word: number, high: number, low: number): number {
  const top = word >>> 16;
  const bottom = word & 0xffff;
  const middle = (Math.imul(top, low) + (Math.imul(bottom, low) >>> 16)) | 0;
  const other = (Math.imul(bottom, high) + (middle & 0xffff)) | 0;
  return (Math.imul(top, high) + (middle >>> 16) + (other >>> 16)) | 0;
}
