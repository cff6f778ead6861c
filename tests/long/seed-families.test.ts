/** Seeds in every family that takes them, small: circuits at their places, and features of a program over an alphabet. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { smallTokenizer } from '../support/small-tokenizer.ts';

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
const ENTROPIES: Readonly<Record<string, number>> = { qwen3: 0.06, gemma3: 0.06, olmo2: 0.08 };

/** @param family a config of `tests/fixtures/seeds` */
async function seedAndVerify(family: string, argv: readonly string[]): Promise<Report> {
  return seedAndVerifyIn(`tests/fixtures/seeds/${family}`, argv);
}

let count = 0;

/** @param like the model's folder */
async function seedAndVerifyIn(like: string, argv: readonly string[]): Promise<Report> {
  const out = join(folder, `seeded-${count++}`);
  const seeded = await cli(['seed', ...argv, '--like', like, '-o', out]);
  expect([seeded.code, seeded.stderr]).toEqual([0, '']);
  const { code, stdout } = await cli(['verify', out, '--format', 'json']);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Report;
}

const FAMILIES = ['gpt2', 'gpt-neox', 'llama', 'gemma', 'granite', 'qwen3', 'olmo2', 'gemma2', 'gemma3'];

test.each(FAMILIES)('%s: verify measures the circuits where they are', async (family) => {
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

test.each(['gpt2', 'gpt-neox', 'llama'])('%s: heads over any token and compiled circuits in one model', async (family) => {
  const files = ['programs/seeds/bracket_depth.rasp', 'programs/seeds/induction.rasp'];
  const report = await seedAndVerify(family, [...files, '--token', '(=7', '--token', ')=8', '--context', '48']);
  expect(report.circuits.map(({ name }) => name)).toEqual(['induction']);
  for (const { name, accuracy } of report.circuits) expect(accuracy, name).toBeGreaterThan(0.93);
  for (const { name, attention } of report.heads) expect(attention, name).toBeGreaterThan(0.93);
  expect(report.features.map(({ name, accuracy }) => [name, accuracy >= 0.99])).toEqual([['bracket_depth', true]]);
});

test('one program of which some exports ask what tokens say, and some which they are', async () => {
  const tokenizer = smallTokenizer([' the', ' cat', 'The', ' Monday', ' Tuesday', ' 12', '34']);
  writeFileSync(join(folder, 'tokenizer.json'), tokenizer);
  const { model, added_tokens } = JSON.parse(tokenizer) as { model: { vocab: object }; added_tokens: unknown[] };
  const config = JSON.parse(readFileSync('tests/fixtures/seeds/gpt2/config.json', 'utf8')) as object;
  const vocab_size = Object.keys(model.vocab).length + added_tokens.length;
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, n_embd: 256, vocab_size, bos_token_id: vocab_size - 1 }));
  const file = join(folder, 'both.rasp');
  const lines = ['@vocab tokenizer;', '@context 48;', '@causal;', 'load "lm/copying";', 'load "lm/tokens";'];
  const exported = [
    'copied = induction(tokens);',
    'behind_number = before(is_number(tokens), 1);',
    '@export behind_number;',
    '@export copied;',
  ];
  writeFileSync(file, [...lines, ...exported, ''].join('\n'));
  const report = await seedAndVerifyIn(folder, [file, '--tokenizer', join(folder, 'tokenizer.json')]);
  expect(report.circuits.map(({ name, accuracy }) => [name, accuracy > 0.93])).toEqual([['copied', true]]);
  expect(report.features.map(({ name, accuracy }) => [name, accuracy >= 0.99])).toEqual([['behind_number', true]]);
});

test.each(['gpt2', 'llama'])('%s: what one program says is not what another reads', async (family) => {
  const report = await seedAndVerify(family, ['programs/seeds/three_back.rasp', 'programs/seeds/duplicate_token.rasp', '--context', '64']);
  for (const { name, accuracy } of report.circuits) expect(accuracy, name).toBeGreaterThan(0.93);
});

test('llama: a head that is said and read', async () => {
  const report = await seedAndVerify('llama', ['programs/seeds/previous_token.rasp', 'programs/seeds/induction.rasp', '--context', '64']);
  expect(report.heads.map(({ name }) => name)).toContain('previous_token_2');
  for (const { name, accuracy } of report.circuits) expect(accuracy, name).toBeGreaterThan(0.93);
});
