/** `raspc dataset`: the same bytes from the same seed, whole or in parts, no behaviour twice, and models that compute what is said of them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTensorFile } from '../../src/checkpoint/safetensors/tensor-store.ts';
import { fileBytes, writeSafetensors } from '../../src/checkpoint/safetensors/write-safetensors.ts';
import { bytesSource, evaluateFolder, memoryFolder } from '../../src/index.ts';
import { cli } from './run-cli.ts';

let folder: string;
const at = (...argv: string[]) => cli(argv, { directory: folder });
const ARGUMENTS = ['--count', '18', '--seed', '3', '--per-shard', '5', '--context', '4'];

interface Line {
  readonly number: number;
  readonly split: string;
  readonly behaviour: string;
  readonly source: string;
  readonly examples: readonly { readonly input: string[]; readonly outputs: readonly { readonly values: unknown[] }[] }[];
  readonly files: Readonly<Record<string, string>>;
}

const bytesOf = (name: string) =>
  new Map(readdirSync(join(folder, name)).map((file) => [file, readFileSync(join(folder, name, file)).toString('base64')]));

function linesOf(name: string): Line[] {
  const shards = readdirSync(join(folder, name)).filter((file) => file.endsWith('.jsonl'));
  return shards.sort().flatMap((file) =>
    readFileSync(join(folder, name, file), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line),
  );
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-dataset-'));
  const { code, stdout, stderr } = await at('dataset', ...ARGUMENTS, '-o', 'whole');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^18 programs: \d+ train, \d+ validation, \d+ test\n18 models in 4 new shards\n$/);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('parts made apart are the bytes of the whole', async () => {
  for (const part of ['2/3', '1/3', '3/3']) expect((await at('dataset', ...ARGUMENTS, '--shard', part, '-o', 'parts')).code).toBe(0);
  expect(bytesOf('parts')).toEqual(bytesOf('whole'));
});

test('what is missing is made again, and what is there is kept', async () => {
  const before = bytesOf('whole');
  rmSync(join(folder, 'whole', 'shard-00002.jsonl'));
  expect((await at('dataset', ...ARGUMENTS, '-o', 'whole')).stdout).toContain('5 models in 1 new shard, 3 that were there\n');
  expect(bytesOf('whole')).toEqual(before);
});

test('no behaviour is there twice, and the split follows from it', () => {
  const lines = linesOf('whole');
  expect(lines.map(({ number }) => number)).toEqual(lines.map((_, i) => i));
  expect(new Set(lines.map(({ behaviour }) => behaviour)).size).toBe(18);
  for (const { behaviour, split } of lines) {
    const part = Number.parseInt(behaviour.slice(0, 8), 16) % 100;
    expect(split).toBe(part < 80 ? 'train' : part < 90 ? 'validation' : 'test');
  }
});

test('a model computes its examples', () => {
  for (const { number, files, examples } of linesOf('whole').filter((each) => each.number % 6 === 5)) {
    const shard = join(folder, 'whole', `shard-0000${Math.floor(number / 5)}.safetensors`);
    const store = openTensorFile(bytesSource(readFileSync(shard)), 'shard');
    const prefix = `${String(number).padStart(6, '0')}/`;
    const tensors = [...store.tensors.values()].filter(({ name }) => name.startsWith(prefix));
    const weights = writeSafetensors(
      tensors.map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length), bytes: () => store.read(tensor) })) as never,
      { format: 'pt' },
    );
    const encoded = Object.entries(files).map(([path, text]): [string, Uint8Array] => [path, new TextEncoder().encode(text)]);
    const model = memoryFolder(new Map([...encoded, ['model.safetensors', fileBytes(weights)]]));
    for (const { input, outputs } of examples)
      expect(evaluateFolder(model, input)[0]?.values.map(String)).toEqual(outputs[0]?.values.map(String));
  }
});

test('another seed gives other programs', async () => {
  await at('dataset', ...ARGUMENTS, '--seed', '4', '-o', 'other');
  const [first, other] = ['whole', 'other'].map((name) => new Set(linesOf(name).map(({ source }) => source)));
  expect([...(first as Set<string>)].filter((source) => other?.has(source)).length).toBeLessThan(9);
});

test('a folder of other options, and options that are none, are refused in words', async () => {
  expect((await at('dataset', ...ARGUMENTS, '--seed', '5', '-o', 'whole')).stderr).toContain('error[R7761]');
  for (const wrong of [
    ['--shard', '4/3'],
    ['--vocab', 'aa'],
    ['--context', '99'],
  ])
    expect((await at('dataset', '--count', '2', ...wrong, '-o', 'no')).stderr).toContain('error[R8004]');
});
