/** Seeds in every family that takes them, small: circuits at their places, and features of a program over an alphabet. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-seed-families-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  readonly asWritten: boolean;
  readonly circuits: readonly { readonly name: string; readonly accuracy: number }[];
  readonly heads: readonly { readonly name: string; readonly attention: number | null }[];
  readonly features: readonly { readonly name: string; readonly accuracy: number }[];
  readonly footprint: { readonly entropies: { readonly largest: number } } | null;
}

/** By how much entropies of other heads may differ from the twin's: behind norms no head of a new model attends to all alike. */
const ENTROPIES: Readonly<Record<string, number>> = { qwen3: 0.06 };

/** @param family a config of `tests/fixtures/seeds` */
async function seedAndVerify(family: string, argv: readonly string[]): Promise<Report> {
  const out = join(folder, `${family}-${argv.length}`);
  const seeded = await cli(['seed', ...argv, '--like', `tests/fixtures/seeds/${family}`, '-o', out]);
  expect([seeded.code, seeded.stderr]).toEqual([0, '']);
  const { code, stdout } = await cli(['verify', out, '--format', 'json']);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Report;
}

test.each(['gpt2', 'gpt-neox', 'llama', 'gemma', 'granite', 'qwen3'])('%s: verify measures the circuits where they are', async (family) => {
  const report = await seedAndVerify(family, ['programs/seeds/induction.rasp', 'programs/seeds/duplicate_token.rasp']);
  expect(report.asWritten).toBe(true);
  expect(report.circuits.map(({ name }) => name)).toEqual(['induction', 'duplicate_token']);
  for (const { name, accuracy } of report.circuits) expect(accuracy, name).toBeGreaterThan(0.93);
  for (const { name, attention } of report.heads) expect(attention, name).toBeGreaterThan(0.95);
  expect(report.footprint?.entropies.largest).toBeLessThan(ENTROPIES[family] ?? 0.02);
});

test('heads of one layer that need gains of different sizes, behind norms of queries and keys', async () => {
  const report = await seedAndVerify('qwen3', ['programs/seeds/bigram_induction.rasp']);
  for (const { name, accuracy } of report.circuits) expect(accuracy, name).toBeGreaterThan(0.93);
  for (const { name, attention } of report.heads) expect(attention, name).toBeGreaterThan(0.95);
});

test.each(['gpt2', 'gemma', 'granite'])('%s: features of a program over an alphabet', async (family) => {
  const tokens = ['--token', '(=7', '--token', ')=8', '--dtype', 'bf16', '--context', '40'];
  const { features } = await seedAndVerify(family, ['programs/seeds/bracket_depth.rasp', ...tokens]);
  expect(features.map(({ name, accuracy }) => [name, accuracy >= 0.99])).toEqual([['bracket_depth', true]]);
});
