/** Seeded models of real architectures in stock transformers, at step 0: what the issue of seeding asks for, measured by others' code. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { pythonJob } from './python.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-seeds-'));
});
// each of them is half a gigabyte, so none is kept for the next test
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const PROGRAM = 'programs/seeds/induction.rasp';

async function seed(...argv: string[]): Promise<void> {
  const { code, stderr } = await cli(['seed', ...argv]);
  expect([code, stderr]).toEqual([0, '']);
}

interface Measured {
  readonly loading: readonly string[];
  readonly accuracy: number;
  readonly probability: number;
  readonly twinProbability: number;
  readonly freshLoss: number;
  readonly rms: readonly number[];
  readonly entropies: number;
  readonly inputs: { readonly mean: number; readonly largest: number };
  readonly attention: Readonly<Record<string, number>>;
}

test.each([
  { config: 'gpt2-small', vocab: 50257, bos: null },
  { config: 'pythia-160m', vocab: 50304, bos: 0 },
  { config: 'llama-160m', vocab: 32000, bos: 1 },
])('$config: induction on 1,024 positions', async ({ config, vocab, bos }) => {
  const [seeded, twin] = [join(folder, 'seeded'), join(folder, 'twin')];
  await seed(PROGRAM, '--like', `configs/${config}`, '--context', '1024', '-o', seeded);
  await seed(PROGRAM, '--like', `configs/${config}`, '--context', '1024', '--unseeded', '-o', twin);
  const [found] = pythonJob('check_seeds.py', JSON.stringify([{ seeded, twin, vocab, bos, positions: 1024 }])) as Measured[];
  const { loading, accuracy, probability, twinProbability, freshLoss, rms, entropies, inputs, attention } = found as Measured;
  expect(loading).toEqual([]);
  expect(accuracy).toBeGreaterThanOrEqual(0.99);
  expect(probability).toBeGreaterThanOrEqual(0.9);
  expect(twinProbability).toBeLessThan(0.001);
  expect(freshLoss).toBeLessThan(0.15);
  expect(rms[1]).toBeGreaterThan(0.9);
  expect(rms[1]).toBeLessThan(1.1);
  expect(entropies).toBeLessThan(0.02);
  expect(inputs.mean).toBeLessThan(0.02);
  // a layer of a random model has all its positions in common with itself: two draws of that differ by some percent
  expect(inputs.largest).toBeLessThan(0.03);
  for (const [head, weight] of Object.entries(attention)) expect(weight, head).toBeGreaterThan(0.97);
});

test('a block, placed in plain Python, gives the model that raspc writes', async () => {
  const [seeded, twin, block] = [join(folder, 'seeded'), join(folder, 'twin'), join(folder, 'block.safetensors')];
  const like = ['--like', 'tests/fixtures/seeds/gpt2'];
  await seed(PROGRAM, ...like, '-o', seeded, '--block', block);
  await seed(PROGRAM, ...like, '--unseeded', '-o', twin);
  expect(pythonJob('check_seeds.py', JSON.stringify([{ seeded, into: twin, block }]))).toEqual([{ different: [] }]);
});
