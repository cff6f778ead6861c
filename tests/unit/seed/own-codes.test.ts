/** Codes of tokens out of a model's own embedding: what they are apart from, that they tell tokens apart, and what is refused where they do not. */
import { expect, test } from 'vitest';
import { fitProjection, projected } from '../../../src/seed/own/fit-projection.ts';
import { Random } from '../../../src/verify/random.ts';

const [WIDTH, TOKENS, LENGTH] = [48, 80, 24];

/** Rows with a common part, and those that are a small part of one direction alone. */
function table(): { readonly rows: Float64Array; readonly common: Float64Array } {
  const random = new Random(3, 0);
  const next = () => random.below(2 ** 20) / 2 ** 19 - 1;
  const common = Float64Array.from({ length: WIDTH }, () => 3 * next());
  const rows = Float64Array.from({ length: TOKENS * WIDTH }, (_, i) => (common[i % WIDTH] as number) + (i % WIDTH < 32 ? 1 : 0.1) * next());
  return { rows, common };
}

function productsOf(codes: Float64Array): { readonly worst: number; readonly uneven: number } {
  const row = (t: number) => codes.subarray(t * LENGTH, (t + 1) * LENGTH);
  const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, d) => sum + value * (b[d] as number), 0);
  const own = Array.from({ length: TOKENS }, (_, t) => product(row(t), row(t)));
  let worst = 0;
  for (let t = 0; t < TOKENS; t++)
    for (let u = 0; u < TOKENS; u++) if (u !== t) worst = Math.max(worst, product(row(t), row(u)) / (own[t] as number));
  return { worst, uneven: Math.max(...own) / Math.min(...own) };
}

test('what tokens have in common is no part of a code, and codes of those it was fitted to are even and far apart', () => {
  const { rows, common } = table();
  const projection = fitProjection({ rows, width: WIDTH, length: LENGTH, away: [common], noise: new Float64Array(0) });
  for (const value of projected(projection, common, WIDTH, LENGTH)) expect(Math.abs(value)).toBeLessThan(1e-9);
  const codes = projected(projection, rows, WIDTH, LENGTH);
  expect(codes.reduce((sum, value) => sum + value ** 2, 0) / codes.length).toBeCloseTo(1, 9);
  const { worst, uneven } = productsOf(codes);
  expect(worst).toBeLessThan(0.75);
  expect(uneven).toBeLessThan(3);
  // the plain coordinates do worse
  const plain = projection.map((_, i) => (i % WIDTH === Math.floor(i / WIDTH) ? 1 : 0));
  expect(productsOf(projected(plain, rows, WIDTH, LENGTH)).worst).toBeGreaterThan(0.75);
});

test('noise is kept out', () => {
  const { rows, common } = table();
  const noise = Float64Array.from({ length: 4 * WIDTH }, (_, i) => (i % WIDTH === 5 ? (i < WIDTH * 2 ? 1 : -1) : 0));
  const quiet = fitProjection({ rows, width: WIDTH, length: LENGTH, away: [common], noise });
  const loud = fitProjection({ rows, width: WIDTH, length: LENGTH, away: [common], noise: new Float64Array(0) });
  const partOf = (projection: Float64Array) => projection.reduce((sum, value, i) => sum + (i % WIDTH === 5 ? value ** 2 : 0), 0);
  expect(partOf(quiet)).toBeLessThan(0.05 * partOf(loud));
});
