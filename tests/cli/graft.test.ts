/** `raspc graft` on small models: what grows, what stays as it was, what the circuits do in it, and what is refused. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTensorFile } from '../../src/checkpoint/safetensors/tensor-store.ts';
import { bytesSource } from '../../src/source/byte-source.ts';
import { decode, type ReadableDtype } from '../../src/tensor/dtype.ts';
import { inTurn } from '../support/sampling.ts';
import { cli } from './run-cli.ts';

let folder: string;
const at = (name: string) => join(folder, name);
const INDUCTION = 'programs/seeds/induction.rasp';
/** Counts and the latest of a class, over tokens of which most have no name. */
const QUOTES = `@vocab ["q", "x", "y", "other"];
@causal;
so_far = select(indices, indices, <=);
in_quote = selector_width(select(tokens == "q", True, ==) and so_far) % 2 == 1;
last = aggregate(rightmost(select(tokens == "x" or tokens == "y", True, ==) and so_far), tokens, "other");
@export in_quote;
@export last;
`;
const COMMON = { vocab_size: 100, initializer_range: 0.02, bos_token_id: 0, eos_token_id: 1 };
const CONFIGS = {
  llama: {
    ...{ architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_act: 'silu', hidden_size: 128, intermediate_size: 96 },
    ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 32, num_hidden_layers: 2, max_position_embeddings: 48 },
    ...{ rope_theta: 5000000.0, rms_norm_eps: 0.00001, tie_word_embeddings: true },
  },
  gpt2: { architectures: ['GPT2LMHeadModel'], model_type: 'gpt2', n_embd: 64, n_head: 2, n_layer: 2, n_positions: 48 },
  gemma: {
    ...{ architectures: ['GemmaForCausalLM'], model_type: 'gemma', hidden_act: 'gelu_pytorch_tanh', hidden_size: 96 },
    ...{ intermediate_size: 64, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 32, num_hidden_layers: 2 },
    ...{ max_position_embeddings: 48, rope_theta: 5000000.0 },
  },
  granite: {
    ...{ architectures: ['GraniteForCausalLM'], model_type: 'granite', hidden_act: 'silu', hidden_size: 96, intermediate_size: 64 },
    ...{ num_attention_heads: 4, num_key_value_heads: 2, num_hidden_layers: 2, max_position_embeddings: 48, rope_theta: 5000000.0 },
    ...{ embedding_multiplier: 12, residual_multiplier: 0.25, attention_multiplier: 0.1, logits_scaling: 8, tie_word_embeddings: true },
  },
  qwen3: {
    ...{ architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', hidden_act: 'silu', hidden_size: 96, intermediate_size: 64 },
    ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 32, num_hidden_layers: 2, max_position_embeddings: 48 },
    ...{ rope_theta: 5000000.0, rms_norm_eps: 0.000001, tie_word_embeddings: true },
  },
  neox: {
    ...{ architectures: ['GPTNeoXForCausalLM'], model_type: 'gpt_neox', hidden_act: 'gelu', hidden_size: 128, intermediate_size: 96 },
    ...{ num_attention_heads: 4, num_hidden_layers: 3, max_position_embeddings: 48, rotary_pct: 0.25, tie_word_embeddings: false },
  },
} as const;

async function host(name: string, config: object): Promise<string> {
  mkdirSync(at(`like-${name}`), { recursive: true });
  writeFileSync(at(`like-${name}/config.json`), JSON.stringify({ ...COMMON, ...config }, null, 2));
  const { code, stderr } = await cli([
    'seed',
    'programs/seeds/previous_token.rasp',
    '--like',
    at(`like-${name}`),
    '--unseeded',
    '-o',
    at(name),
  ]);
  expect([code, stderr]).toEqual([0, '']);
  return at(name);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-graft-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  readonly before: { readonly width: number; readonly heads: number; readonly kvHeads: number; readonly parameters: number };
  readonly after: {
    readonly width: number;
    readonly heads: number;
    readonly dim: number;
    readonly kvHeads: number;
    readonly parameters: number;
  };
  readonly raised: number;
  readonly tokens: { readonly codes: string };
  readonly change: { readonly largest: number; readonly agreement: number };
  readonly heads: readonly { readonly name: string; readonly layer: number; readonly heads: readonly number[] }[];
}

async function graft(...argv: string[]): Promise<Report> {
  const { code, stdout, stderr } = await cli(['graft', ...argv, '--windows', '1', '--format', 'json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Report;
}

interface Measured {
  readonly circuits: readonly { readonly name: string; readonly accuracy: number; readonly state: string }[];
  readonly host: { readonly largest: number } | null;
}

async function verified(...argv: string[]): Promise<Measured> {
  const { code, stdout } = await cli(['verify', ...argv, '--format', 'json']);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Measured;
}

interface Stored {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

function tensorsOf(path: string): Map<string, Stored> {
  const store = openTensorFile(bytesSource(readFileSync(join(path, 'model.safetensors'))), 'model.safetensors');
  return new Map(
    [...store.tensors].map(([name, info]) => [
      name,
      { shape: info.shape, values: decode(info.dtype.toLowerCase() as ReadableDtype, store.read(info)) },
    ]),
  );
}

/** Entries that masks hold, by tensor. */
function masksOf(path: string): Map<string, number> {
  const store = openTensorFile(bytesSource(readFileSync(join(path, 'freeze.safetensors'))), 'freeze.safetensors');
  return new Map([...store.tensors].map(([name, info]) => [name, store.read(info).reduce((sum, value) => sum + value, 0)]));
}

/** The upper left corner of a matrix, or the beginning of a vector, of another's shape. */
function corner({ shape: [, width = 1], values }: Stored, { shape: [rows = 0, columns = 1] }: Stored): number[] {
  return Array.from({ length: rows * columns }, (_, i) => values[Math.floor(i / columns) * width + (i % columns)] as number);
}

/**
 * One of three a commit; the interop suite grafts onto every family. Gemma and Granite multiply embeddings by a number, and Qwen3's heads have norms of
 * queries and keys.
 */
describe.each(inTurn(['gemma', 'granite', 'qwen3'] as const, 3, 0))('%s', (name) => {
  test('says what it said, and the circuit is right', async () => {
    const before = await host(name, CONFIGS[name]);
    const { change, after } = await graft(INDUCTION, '--into', before, '-o', at(`grafted-${name}`), '--dims', '19');
    // gains of such norms are free between a head's old dimensions
    if (name === 'qwen3') expect(after.dim).toBe(2 * CONFIGS.qwen3.head_dim);
    expect(change.largest).toBeLessThan(1e-3);
    expect(change.agreement).toBe(1);
    const { circuits, host: beside } = await verified(at(`grafted-${name}`), '--host', before);
    expect(circuits).toMatchObject([{ name: 'induction', state: 'works' }]);
    expect(beside?.largest).toBeLessThan(1e-3);
  });
});

describe('a Llama with grouped heads', () => {
  let before: string;
  let report: Report;
  beforeAll(async () => {
    before = await host('llama', CONFIGS.llama);
    report = await graft(INDUCTION, '--into', before, '-o', at('grafted'), '--codes', 'reserved');
  });

  test('grows by a group of heads and by the dimensions of the circuits', () => {
    expect(report.before).toMatchObject({ width: 128, heads: 4, kvHeads: 2 });
    expect(report.after).toMatchObject({ heads: 6, kvHeads: 3 });
    expect(report.after.width % 6).toBe(0);
    expect(report.heads.map(({ name, layer, heads }) => [name, layer, heads])).toEqual([
      ['previous', 0, [4, 5]],
      ['induction', 1, [4, 5]],
    ]);
    const config = JSON.parse(readFileSync(at('grafted/config.json'), 'utf8')) as Record<string, unknown>;
    expect(config).toMatchObject({
      num_attention_heads: 6,
      num_key_value_heads: 3,
      head_dim: 32,
      intermediate_size: 96,
      rope_theta: 5000000,
    });
    expect(config.hidden_size).toBe(report.after.width);
    expect(config.rms_norm_eps).toBeCloseTo((0.00001 * 128) / report.after.width, 10);
  });

  test('keeps every number of matrices, and norms up to the width', () => {
    const [old, grown] = [tensorsOf(before), tensorsOf(at('grafted'))];
    expect([...grown.keys()].sort()).toEqual([...old.keys()].sort());
    for (const [name, tensor] of old) {
      const kept = corner(grown.get(name) as Stored, tensor);
      if (!name.includes('norm')) expect(kept).toEqual([...Array.from(tensor.values)]);
      else
        for (const [i, value] of kept.entries())
          expect(value).toBeCloseTo((tensor.values[i] as number) * Math.sqrt(128 / report.after.width), 6);
    }
  });

  test('computes what it computed, and the circuit', async () => {
    expect(report.raised).toBeLessThan(1e-4);
    expect(report.change.largest).toBeLessThan(1e-3);
    expect(report.change.agreement).toBe(1);
    const { circuits, host: beside } = await verified(at('grafted'), '--host', before);
    expect(circuits).toMatchObject([{ name: 'induction', state: 'works' }]);
    expect(circuits[0]?.accuracy).toBeGreaterThan(0.9);
    expect(beside?.largest).toBeLessThan(1e-3);
  });

  test('its own embedding tells tokens apart, which a head of the first layer hands on', async () => {
    const { tokens, heads, change } = await graft(INDUCTION, '--into', before, '-o', at('own'));
    expect(tokens).toMatchObject({ codes: 'own', why: null, fit: { close: 0, fitted: 99 } });
    expect(heads.map(({ name, layer }) => [name, layer])).toEqual([
      ['token', 0],
      ['previous', 0],
      ['induction', 1],
    ]);
    expect(change.largest).toBeLessThan(1e-3);
    // no row of the table holds a code
    const variables = (JSON.parse(readFileSync(at('own/raspc.json'), 'utf8')) as { variables: { name: string }[] }).variables;
    expect(variables.map(({ name }) => name)).toEqual(['constant', 'even', 'sink', 'token', 'previous', 'induction']);
    const { circuits } = await verified(at('own'), '--host', before);
    expect(circuits).toMatchObject([{ name: 'induction', state: 'works' }]);
    rmSync(at('own/codes.safetensors'));
    expect((await cli(['verify', at('own')])).stderr).toContain('error[R7401]');
  });

  test('what is said to the output is written by reserved codes', async () => {
    const asked = ['--into', before, '--plan', '--export', 'induction=both'];
    const { tokens } = await graft(INDUCTION, ...asked);
    expect(tokens).toMatchObject({ codes: 'reserved', why: expect.stringContaining('to the output') });
    const { stderr } = await cli(['graft', INDUCTION, ...asked, '--codes', 'own']);
    expect(stderr).toContain('error[R8004]');
  });

  // with one of three commits; the interop suite trains one that is grafted onto twice
  test.each(inTurn(['again'], 3, 0))('is grafted onto %s: one map of all circuits, where they are now', async (name) => {
    const again = at(name);
    const refused = await cli(['graft', INDUCTION, '--into', at('grafted'), '--plan']);
    expect(refused.stderr).toContain('error[R7703]');
    await graft('programs/seeds/previous_token.rasp', '--into', at('grafted'), '-o', again, '--codes', 'own');
    const map = JSON.parse(readFileSync(join(again, 'raspc.json'), 'utf8')) as {
      readonly heads: readonly { readonly name: string }[];
      readonly features: readonly { readonly name: string; readonly code?: { readonly file?: string } }[];
    };
    expect(new Set(map.heads.map(({ name }) => name))).toEqual(new Set(['previous', 'induction', 'previous_token']));
    expect(map.features.map(({ name, code }) => [name, code?.file])).toEqual([
      ['induction', undefined],
      ['previous_token', 'codes.safetensors'],
    ]);
    const { circuits, host: beside } = await verified(again, '--host', at('grafted'));
    expect(circuits.map(({ name, state }) => [name, state])).toEqual([
      ['induction', 'works'],
      ['previous_token', 'works'],
    ]);
    expect(beside?.largest).toBeLessThan(1e-3);
    // every entry that was held is held, heads with all that they could read
    const [before, after] = ['grafted', 'again'].map((name) => masksOf(at(name)));
    for (const [tensor, count] of before ?? []) expect([tensor, (after?.get(tensor) ?? 0) >= count]).toEqual([tensor, true]);
    const key = 'model.layers.1.self_attn.k_proj.weight';
    expect((after?.get(key) ?? 0) / (before?.get(key) ?? 1)).toBeGreaterThan(1);
  });

  test('another model is not what it was grafted onto', async () => {
    const { code, stderr } = await cli(['verify', at('grafted'), '--host', at('grafted')]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('error[R7773]');
  });

  test('in half precision, with the answer at the output', async () => {
    const { change } = await graft(INDUCTION, '--into', before, '-o', at('half'), '--dtype', 'bf16', '--export', 'induction=both');
    expect(change.largest).toBeGreaterThan(report.change.largest);
    expect(change.largest).toBeLessThan(0.2);
    const map = JSON.parse(readFileSync(at('half/raspc.json'), 'utf8')) as {
      dtype: string;
      circuits: { kind: string }[];
      features: { kind: string }[];
    };
    expect([map.dtype, map.circuits[0]?.kind, map.features[0]?.kind]).toEqual(['bf16', 'tokens', 'tokens']);
  });

  test('a plan writes nothing, and heads go where they are asked for among the new ones', async () => {
    const placed = ['--plan', '--codes', 'reserved', '--place', 'induction=1.6'];
    const { heads, after } = await graft(INDUCTION, '--into', before, ...placed);
    expect(heads[1]).toMatchObject({ layer: 1, heads: [6, 7] });
    expect(after.kvHeads).toBe(4);
    const { stderr } = await cli(['graft', INDUCTION, '--into', before, '--plan', '--place', 'induction=1.2']);
    expect(stderr).toContain("heads 0 to 3 are the model's own");
  });
});

test.each(
  inTurn(
    [
      ['gpt2', CONFIGS.gpt2, 'induction=feature'],
      ['neox', CONFIGS.neox, 'induction=logits'],
    ] as const,
    2,
    1,
  ),
)('%s, whose norms take a mean off and whose heads fill the width', async (name, config, place) => {
  const before = await host(name, config);
  const report = await graft(
    INDUCTION,
    'programs/seeds/duplicate_token.rasp',
    '--into',
    before,
    '-o',
    at(`grown-${name}`),
    '--export',
    place,
  );
  expect(report.after.width / report.after.heads).toBe(report.before.width / report.before.heads);
  expect(report.change.largest).toBeLessThan(2e-3);
  const { circuits, host: beside } = await verified(at(`grown-${name}`), '--host', before);
  expect(circuits.map(({ state }) => state)).toEqual(['works', 'works']);
  for (const { accuracy } of circuits) expect(accuracy).toBeGreaterThan(0.75);
  expect(beside?.largest).toBeLessThan(5e-3);
});

describe('programs over an alphabet', () => {
  const TOKENS = ['--token', 'q=5', '--token', 'x=6', '--token', 'y=7'];
  beforeAll(() => writeFileSync(at('quotes.rasp'), QUOTES));

  interface Compiled extends Report {
    readonly compiled: { readonly context: number; readonly features: readonly { readonly name: string; readonly accuracy: number }[] };
    readonly after: Report['after'] & { readonly hidden: number };
  }

  test('are compiled into neurons and heads of their own, beside heads over any token', async () => {
    const options = ['--context', '24', '--export', 'last=both'];
    const argv = [at('quotes.rasp'), INDUCTION, ...TOKENS, '--into', at('llama'), '-o', at('quoted'), ...options];
    const report = (await graft(...argv)) as Compiled;
    expect(report.compiled.features.map(({ name, accuracy }) => [name, accuracy])).toEqual([
      ['in_quote', 1],
      ['last', 1],
    ]);
    expect(report.compiled.context).toBe(23);
    expect(report.after.hidden).toBeGreaterThan(96);
    expect(report.after.kvHeads).toBeGreaterThan(3);
    expect(report.change.largest).toBeLessThan(1e-3);
    const [old, grown] = [tensorsOf(at('llama')), tensorsOf(at('quoted'))];
    for (const [name, tensor] of old)
      if (!name.includes('norm')) expect(corner(grown.get(name) as Stored, tensor)).toEqual([...Array.from(tensor.values)]);
    const {
      circuits,
      features,
      sayings,
      host: beside,
    } = (await verified(at('quoted'), '--host', at('llama'))) as Measured & {
      readonly features: readonly { readonly name: string; readonly accuracy: number }[];
      readonly sayings: readonly { readonly name: string; readonly accuracy: number }[];
    };
    expect(circuits).toMatchObject([{ name: 'induction', state: 'works' }]);
    expect(features.map(({ accuracy }) => accuracy)).toEqual([1, 1]);
    expect(sayings).toMatchObject([{ name: 'last' }]);
    expect(sayings[0]?.accuracy).toBeGreaterThan(0.98);
    expect(beside?.largest).toBeLessThan(1e-3);
  });

  test('are followed through training, by what their features say', async () => {
    mkdirSync(at('trained'));
    writeFileSync(at('trained/config.json'), readFileSync(at('quoted/config.json')));
    const bytes = readFileSync(at('quoted/model.safetensors'));
    const { tensors } = openTensorFile(bytesSource(bytes), 'model.safetensors');
    const { shape: [, columns = 0] = [], offset = 0, bytes: length = 0 } = tensors.get('model.layers.0.mlp.down_proj.weight') ?? {};
    // what the new neurons write is gone
    for (let place = 0; place < length; place += 4) if ((place / 4) % columns >= 96) bytes.writeFloatLE(0, offset + place);
    writeFileSync(at('trained/model.safetensors'), bytes);
    const argv = ['drift', at('quoted/raspc.json'), at('trained'), '--positions', '24', '--format', 'json'];
    const { code, stdout } = await cli(argv);
    expect(code).toBe(0);
    const { points } = JSON.parse(stdout) as {
      readonly points: readonly {
        readonly circuits: readonly { readonly name: string; readonly said: number; readonly verdict: string }[];
      }[];
    };
    expect(points[0]?.circuits.map(({ verdict }) => verdict)).toEqual(['works', 'works', 'works']);
    expect(points[0]?.circuits.find(({ name }) => name === 'in_quote')?.said).toBe(1);
    expect(points[1]?.circuits.find(({ name }) => name === 'in_quote')?.verdict).toBe('lost');
    expect(points[1]?.circuits.find(({ name }) => name === 'induction')?.verdict).toBe('works');
  });

  test('count in a model whose norms take a mean off', async () => {
    writeFileSync(at('count.rasp'), QUOTES.replace('@export last;\n', ''));
    const argv = [at('count.rasp'), ...TOKENS, '--into', await host('counting', CONFIGS.neox), '-o', at('counts'), '--context', '24'];
    const report = (await graft(...argv)) as Compiled;
    expect(report.change.largest).toBeLessThan(2e-3);
    expect(report.compiled.features[0]?.accuracy).toBe(1);
    const { features } = (await verified(at('counts'))) as unknown as Compiled['compiled'];
    expect(features[0]?.accuracy).toBe(1);
  });

  test('compare where queries and keys have norms of each head by itself, beside heads over any token, and once more on top', async () => {
    const options = ['--into', await host('normed', CONFIGS.qwen3), '-o', at('normed-counts'), '--context', '24'];
    const report = (await graft(at('quotes.rasp'), INDUCTION, ...TOKENS, ...options)) as Compiled;
    expect(report.after.dim).toBe(64);
    expect(report.change.largest).toBeLessThan(1e-3);
    expect(report.compiled.features.map(({ name, accuracy }) => [name, accuracy])).toEqual([
      ['in_quote', 1],
      ['last', 1],
    ]);
    await graft('programs/seeds/duplicate_token.rasp', '--into', at('normed-counts'), '-o', at('normed-again'), '--context', '24');
    for (const name of ['normed-counts', 'normed-again']) {
      const { circuits, features } = (await verified(at(name))) as Measured & Compiled['compiled'];
      expect(circuits.map(({ state }) => state)).toEqual(circuits.map(() => 'works'));
      expect(features.map(({ accuracy }) => accuracy)).toEqual([1, 1]);
    }
  });

  test('need a token that stands first, and values that name tokens where they are to be said', async () => {
    const refused = async (...argv: string[]) => (await cli(['graft', ...argv, ...TOKENS, '--plan', '--into', at('llama')])).stderr;
    expect(await refused(at('quotes.rasp'), '--no-bos')).toContain('error[R7716]');
    expect(await refused(at('quotes.rasp'), '--export', 'in_quote=logits')).toContain('error[R7717]');
  });
});

describe('refused', () => {
  const refused = async (...argv: string[]): Promise<string> => {
    const { code, stderr } = await cli(['graft', ...argv]);
    expect(code).not.toBe(0);
    return stderr;
  };

  test('what is no whole model, and what does not grow', async () => {
    mkdirSync(at('adapter'));
    writeFileSync(at('adapter/adapter_config.json'), '{}');
    expect(await refused(INDUCTION, '--into', at('adapter'), '--plan')).toContain('error[R7772]');
    await cli(['compile', 'programs/hist.rasp', '--target', 'bert', '-o', at('bert')]);
    expect(await refused(INDUCTION, '--into', at('bert'), '--plan')).toContain('error[R7771]');
  });

  test('a program over what tokens say, without a tokenizer; weights that are no numbers', async () => {
    writeFileSync(at('says.rasp'), '@vocab tokenizer;\n@causal;\nnumber = matches(tokens, "^ ?[0-9]+$");\n@export number;\n');
    const without = await refused(at('says.rasp'), '--into', at('llama'), '--plan');
    expect(without).toContain('error[R7010]');
    expect(without).toContain('`--tokenizer PATH`');
    cpSync(at('llama'), at('nan'), { recursive: true });
    const bytes = readFileSync(at('nan/model.safetensors'));
    bytes.writeUInt32LE(0x7fc00000, bytes.length - 4);
    writeFileSync(at('nan/model.safetensors'), bytes);
    expect(await refused(INDUCTION, '--into', at('nan'), '--plan')).toMatch(
      /error\[R7009\]: `model\.norm\.weight` (in `model\.safetensors` )?holds NaN/,
    );
  });

  test('options that do not fit', async () => {
    expect(await refused(INDUCTION, '--plan')).toContain('`--into`');
    expect(await refused(INDUCTION, '--into', at('llama'))).toContain('`--output` or `--plan`');
    expect(await refused(INDUCTION, '--into', at('llama'), '--plan', '--export', 'induction=both', '--no-bos')).toContain('error[R7716]');
    expect(await refused(INDUCTION, '--into', at('llama'), '--plan', '--export', 'other=feature')).toContain('error[R7704]');
    expect(await refused(INDUCTION, '--into', at('llama'), '--plan', '--export', 'induction=aloud')).toContain('error[R8004]');
  });
});
