/** `raspc inspect` on what it has not written: stock models, other architectures, shards, odd tensors, damaged numbers. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileBytes, writeSafetensors } from '../../src/checkpoint/safetensors/write-safetensors.ts';
import { FIXTURE_MODELS } from '../unit/runtime/disk-folder.ts';
import { cli } from './run-cli.ts';

let folder: string;
const at = (...argv: string[]) => cli(argv, { directory: folder });
const json = async (...argv: string[]) => JSON.parse((await at(...argv, '--format', 'json')).stdout);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-inspect-'));
  writeFileSync(
    join(folder, 'hist.rasp'),
    '@vocab "ab"; @context 4; @causal; @export hist; hist = selector_width(select(tokens, tokens, ==));',
  );
  for (const [name, ...more] of [['whole'], ['sharded', '--max-shard-size', '1KB']]) {
    expect((await at('compile', 'hist.rasp', '-o', name as string, ...more)).code).toBe(0);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const numbers = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

test('a model in shards is told as one in a single file, with the files', async () => {
  const [whole, sharded] = [await json('inspect', 'whole'), await json('inspect', 'sharded')];
  const withoutFiles = (document: typeof whole) => ({
    ...document,
    dir: '',
    files: [],
    tensors: document.tensors.map((tensor: { file: string }) => ({ ...tensor, file: '' })),
  });
  expect(withoutFiles(sharded)).toEqual(withoutFiles(whole));
  expect(sharded.files.length).toBeGreaterThan(2);
  expect(await json('inspect', 'sharded/model.safetensors.index.json')).toMatchObject({
    bytes: whole.bytes,
    architecture: 'GPT2LMHeadModel',
  });
  const { stdout } = await at('inspect', 'sharded');
  expect(stdout).toContain(`bytes in ${sharded.files.length} files`);
  expect(stdout).toMatch(/They occupy \d+ of \d+ dimensions, 1 of 1 head and \d+ of \d+ neurons?\./);
  expect(stdout).toMatch(/transformer\.wte\.weight +F32 +\d+ × \d+ +[\d,]+ +\d+\.\d% +\S+ +\S+ +model-00001-of/);
});

test.each(['gpt2', 'llama', 'gpt-neox', 'bert', 'gemma'])('a stock %s, without a word of raspc in it', async (name) => {
  const document = await json('inspect', join(FIXTURE_MODELS, name));
  expect(document).toMatchObject({ problem: null, program: null, nonfinite: 0, layers: 2 });
  expect(document.nonzero).toBeGreaterThan(1000);
});

test('numbers that are none are counted, and left out of the norm', async () => {
  const tensors = [
    { name: 'layers.10.w', dtype: 'F32', shape: [2, 3], bytes: () => numbers(3, 0, Number.NaN, -4, Number.NEGATIVE_INFINITY, 0) },
    { name: 'layers.2.w', dtype: 'F32', shape: [], bytes: () => numbers(-0) },
    { name: 'mask', dtype: 'U8', shape: [0], bytes: () => new Uint8Array(0) },
  ] as const;
  writeFileSync(join(folder, 'odd.safetensors'), fileBytes(writeSafetensors(tensors, {})));
  const document = await json('inspect', 'odd.safetensors');
  expect(document.tensors).toEqual([
    { name: 'layers.2.w', dtype: 'F32', shape: [], parameters: 1, file: 'odd.safetensors', nonzero: 0, nonfinite: 0, norm: 0, largest: 0 },
    {
      name: 'layers.10.w',
      dtype: 'F32',
      shape: [2, 3],
      parameters: 6,
      file: 'odd.safetensors',
      nonzero: 4,
      nonfinite: 2,
      norm: 5,
      largest: 4,
    },
    {
      name: 'mask',
      dtype: 'U8',
      shape: [0],
      parameters: 0,
      file: 'odd.safetensors',
      nonzero: null,
      nonfinite: null,
      norm: null,
      largest: null,
    },
  ]);
  expect(document).toMatchObject({ architecture: null, parameters: 7, nonzero: null });
  expect((await at('inspect', 'odd.safetensors')).stdout).toMatch(/layers\.10\.w +F32 +2 × 3 +4 +66\.7% +5\.000 +4\.000 +2 not finite/);
});

test('--no-values reads headers alone', async () => {
  const path = join(folder, 'whole/model.safetensors');
  const bytes = readFileSync(path);
  const document = await json('inspect', 'whole', '--no-values');
  expect(document).toMatchObject({ architecture: 'GPT2LMHeadModel', nonzero: null });
  expect(document.parameters).toBe(document.bytes / 4);
  expect((await at('inspect', 'whole', '--no-values')).stdout).not.toContain('%');
  expect(bytes.length).toBeGreaterThan(document.bytes);
});

describe('a model that raspc cannot run is shown all the same, and says why', () => {
  const changed = (name: string, change: (config: Record<string, unknown>) => void) => {
    cpSync(join(folder, 'whole'), join(folder, name), { recursive: true });
    rmSync(join(folder, name, 'raspc.json'));
    const config = JSON.parse(readFileSync(join(folder, name, 'config.json'), 'utf8'));
    change(config);
    writeFileSync(join(folder, name, 'config.json'), JSON.stringify(config));
  };

  test.each([
    [
      'an architecture that it does not know',
      { architectures: ['MambaForCausalLM'], model_type: 'mamba' },
      'MambaForCausalLM',
      'does not know',
    ],
    ['a choice that it does not compute', { activation_function: 'mish' }, 'GPT2LMHeadModel', '`activation_function`'],
    ['tensors that are not what the config says', { n_layer: 2 }, 'GPT2LMHeadModel', 'has no tensor `transformer.h.1.'],
  ])('%s', async (what, config, architecture, problem) => {
    changed(what, (old) => Object.assign(old, config));
    const document = await json('inspect', what);
    expect(document).toMatchObject({ architecture, problem: expect.stringContaining(problem) });
    expect(document.tensors.length).toBeGreaterThan(10);
    expect((await at('inspect', what)).stderr).toContain('note: raspc cannot run this model: ');
  });
});

test('what is no checkpoint is refused', async () => {
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'text.safetensors'), 'not a header');
  for (const [path, code] of [
    ['empty', 'R7010'],
    ['text.safetensors', 'R7002'],
    ['missing.safetensors', 'R7010'],
    ['nowhere', 'R8501'],
  ]) {
    const result = await at('inspect', path as string);
    expect([path, result.code, result.stderr.slice(0, 12)]).toEqual([path, 3, `error[${code}]`]);
  }
});

test('a seeded model: its circuits by layer; what takes compiled models says what it is', async () => {
  const config = {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    n_embd: 128,
    n_layer: 2,
    n_head: 2,
    n_positions: 32,
    vocab_size: 64,
  };
  writeFileSync(join(folder, 'like.json'), JSON.stringify(config));
  const source = '@vocab any;\n@causal;\nprevious = aggregate(select(indices, indices - 1, ==), tokens);\n@export previous;\n';
  writeFileSync(join(folder, 'previous.rasp'), source);
  expect((await at('seed', 'previous.rasp', '--like', 'like.json', '-o', 'seeded')).code).toBe(0);
  const { stdout } = await at('inspect', 'seeded');
  expect(stdout).toContain('seeded with previous.rasp, context 32, no token has to stand first');
  expect(stdout).toMatch(/layer 0 +head 0 +previous +previous\.rasp:3/);
  expect(await json('inspect', 'seeded')).toMatchObject({ program: null, circuits: [{ name: 'previous' }], heads: [{ layer: 0 }] });
  const refused = await at('lock', 'seeded');
  expect(refused.stderr).toContain('error[R7407]: `seeded` holds a seeded model');
});
