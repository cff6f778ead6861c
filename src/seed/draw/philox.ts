/**
 * Random numbers that are the same on every machine and can be drawn in any order: a counter and a key go in, four words come out.
 * Source: Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (2011), Philox4x32 with ten rounds.
 */

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

const TO_HIGH_WORD = 2 ** -32;

/**
 * Writes the four words of block `index` into `out`. The counter is (index's low word, its high word, 0, 0); keys are 32-bit words,
 * indices below 2^53.
 */
export function philox(index: number, key0: number, key1: number, out: Uint32Array): void {
  let c0 = index >>> 0;
  let c1 = Math.floor(index / 2 ** 32) >>> 0;
  let c2 = 0;
  let c3 = 0;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < ROUNDS; round++) {
    // A product of two words is off by at most 2^10 in float64, so less its exact low word it is nearest to the exact high word.
    const low0 = Math.imul(c0, MULTIPLIER_0) >>> 0;
    const high0 = Math.floor((c0 * MULTIPLIER_0 - low0) * TO_HIGH_WORD + 0.5);
    const low1 = Math.imul(c2, MULTIPLIER_1) >>> 0;
    const high1 = Math.floor((c2 * MULTIPLIER_1 - low1) * TO_HIGH_WORD + 0.5);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
