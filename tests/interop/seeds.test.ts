/** Seeded models of real architectures in stock transformers, at step 0: what is promised of them, measured by code of others. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { inTurn } from '../support/sampling.ts';
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

/** What has to hold at step 0, whoever measures it; ratios are to the twin. */
interface Measured {
  readonly accuracy: number;
  readonly probability: number;
  /** By how much the loss is larger where nothing has been repeated yet. */
  readonly freshLoss: number;
  /** The stream before each layer, where nothing has been repeated yet. */
  readonly freshRms: readonly number[];
  /** Relative differences: of other heads' entropies the largest, of neurons' inputs by layer. */
  readonly entropies: number;
  readonly inputs: { readonly mean: number; readonly largest: number };
  readonly attention: Readonly<Record<string, number>>;
}

/** How far the stream and other heads may be from the twin's. */
const AS_THE_TWIN = { rms: 0.1, entropies: 0.02 };

function expectToHold({ accuracy, probability, freshLoss, freshRms, entropies, inputs, attention }: Measured, most = AS_THE_TWIN): void {
  expect(accuracy).toBeGreaterThanOrEqual(0.99);
  expect(probability).toBeGreaterThanOrEqual(0.9);
  expect(Math.abs(freshLoss)).toBeLessThan(0.15);
  for (const ratio of freshRms.slice(1)) expect(Math.abs(ratio - 1)).toBeLessThan(most.rms);
  expect(entropies).toBeLessThan(most.entropies);
  expect(inputs.mean).toBeLessThan(0.02);
  // a layer of a random model has a direction in common for all positions, and its neurons another share of that in every model
  expect(inputs.largest).toBeLessThan(0.04);
  for (const [head, weight] of Object.entries(attention)) expect(weight, head).toBeGreaterThan(0.97);
}

interface InTransformers extends Measured {
  readonly loading: readonly string[];
  readonly twinProbability: number;
  /** The stream before each layer, over all positions: from layer 1 on the answers are in it. */
  readonly rms: readonly number[];
}

interface InRaspc {
  readonly circuits: readonly { readonly accuracy: number; readonly probability: number }[];
  readonly heads: readonly { readonly layer: number; readonly head: number; readonly attention: number }[];
  readonly footprint: {
    readonly rms: readonly number[];
    readonly freshLoss: number;
    readonly entropies: { readonly largest: number };
    readonly preactivations: Measured['inputs'];
  };
}

/** Each takes a minute and a half: one or two of them a run. */
const REAL_SIZES = [
  { config: 'gpt2-small', vocab: 50257, bos: null },
  { config: 'pythia-160m', vocab: 50304, bos: 0 },
  { config: 'llama-160m', vocab: 32000, bos: 1 },
];

test.each(inTurn(REAL_SIZES, 2, 0))(
  '$config: induction on 1,024 positions, in transformers and in raspc',
  async ({ config, vocab, bos }) => {
    const [seeded, twin] = [join(folder, 'seeded'), join(folder, 'twin')];
    await seed(PROGRAM, '--like', `configs/${config}`, '--context', '1024', '-o', seeded);
    await seed(PROGRAM, '--like', `configs/${config}`, '--context', '1024', '--unseeded', '-o', twin);
    const [found] = pythonJob('check_seeds.py', JSON.stringify([{ seeded, twin, vocab, bos, positions: 1024 }])) as [InTransformers];
    expect(found.loading).toEqual([]);
    expect(found.twinProbability).toBeLessThan(0.001);
    expect(Math.abs((found.rms[1] as number) - 1)).toBeLessThan(0.1);
    expectToHold(found);

    const { code, stdout } = await cli(['verify', seeded, '--format', 'json']);
    expect(code).toBe(0);
    const { circuits, heads, footprint } = JSON.parse(stdout) as InRaspc;
    const [{ accuracy, probability }] = circuits as [InRaspc['circuits'][number]];
    // of 516 positions eight have several places to copy from, which heads that turn do not weigh alike: those are counted here, not above
    expect(accuracy).toBeGreaterThanOrEqual(508 / 516);
    expectToHold({
      accuracy: 1,
      probability,
      freshLoss: footprint.freshLoss,
      freshRms: footprint.rms,
      entropies: footprint.entropies.largest,
      inputs: footprint.preactivations,
      attention: Object.fromEntries(heads.map(({ layer, head, attention }) => [`${layer}.${head}`, attention])),
    });
  },
);

const SMALL = {
  ...{ hidden_size: 512, intermediate_size: 1536, num_hidden_layers: 4, num_attention_heads: 8, num_key_value_heads: 4 },
  ...{ vocab_size: 2000, max_position_embeddings: 512, bos_token_id: 0, eos_token_id: 1, tie_word_embeddings: true },
};

test('induction where embeddings, scores, writes and logits are multiplied by numbers of the family, and behind norms of queries and keys', async () => {
  const configs = {
    qwen3: { ...SMALL, architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', head_dim: 64, rope_theta: 1e6 },
    gemma: { ...SMALL, architectures: ['GemmaForCausalLM'], model_type: 'gemma', head_dim: 128 },
    granite: {
      ...{ ...SMALL, architectures: ['GraniteForCausalLM'], model_type: 'granite' },
      ...{ embedding_multiplier: 12, residual_multiplier: 0.22, attention_multiplier: 1 / 64, logits_scaling: 8 },
    },
  };
  const jobs = [];
  for (const [name, config] of Object.entries(configs)) {
    const like = join(folder, `${name}.json`);
    writeFileSync(like, JSON.stringify(config));
    const [seeded, twin] = [join(folder, `${name} seeded`), join(folder, `${name} twin`)];
    await seed(PROGRAM, '--like', like, '--context', '256', '-o', seeded);
    await seed(PROGRAM, '--like', like, '--context', '256', '--unseeded', '-o', twin);
    jobs.push({ seeded, twin, vocab: 2000, bos: 0, positions: 256 });
  }
  // behind norms of queries and keys no head of a new model attends to all alike, so what its layer reads counts for more
  const limits: Readonly<Record<string, typeof AS_THE_TWIN>> = { qwen3: { rms: 0.2, entropies: 0.05 } };
  for (const [i, found] of (pythonJob('check_seeds.py', JSON.stringify(jobs)) as InTransformers[]).entries()) {
    expect(found.loading).toEqual([]);
    // four layers of this width: codes take an eighth of an embedding that is most of the stream
    expectToHold({ ...found, freshRms: found.freshRms.slice(1) }, limits[Object.keys(configs)[i] as string]);
  }
});

test('induction where what sublayers write goes through norms, scores are capped and layers have windows', async () => {
  const sizes = { ...SMALL, hidden_size: 256, intermediate_size: 512, num_attention_heads: 4, num_key_value_heads: 2, vocab_size: 1000 };
  const gemma = { ...sizes, head_dim: 64, query_pre_attn_scalar: 64, sliding_window: 32 };
  const layers = ['sliding_attention', 'sliding_attention', 'full_attention', 'sliding_attention'];
  const configs = {
    olmo2: { ...sizes, architectures: ['Olmo2ForCausalLM'], model_type: 'olmo2', rope_theta: 5e5, tie_word_embeddings: false },
    gemma2: { ...gemma, architectures: ['Gemma2ForCausalLM'], model_type: 'gemma2' },
    gemma3: {
      ...gemma,
      architectures: ['Gemma3ForCausalLM'],
      model_type: 'gemma3_text',
      layer_types: layers,
      final_logit_softcapping: 30.5,
    },
  };
  const jobs = [];
  for (const [name, config] of Object.entries(configs)) {
    const like = join(folder, `${name}.json`);
    writeFileSync(like, JSON.stringify(config));
    const [seeded, twin] = [join(folder, `${name} seeded`), join(folder, `${name} twin`)];
    await seed(PROGRAM, '--like', like, '--context', '128', '-o', seeded);
    await seed(PROGRAM, '--like', like, '--context', '128', '--unseeded', '-o', twin);
    jobs.push({ seeded, twin, vocab: 1000, bos: null, positions: 128 });
  }
  // other heads are quieter beside circuits where no norm evens them out, and OLMo 2 reads its stream as it is
  const octaves = [2, 0.8, 0.8];
  for (const [i, found] of (pythonJob('check_seeds.py', JSON.stringify(jobs)) as InTransformers[]).entries()) {
    expect(found.loading).toEqual([]);
    expect(found.accuracy).toBeGreaterThanOrEqual(0.99);
    expect(found.probability).toBeGreaterThanOrEqual(0.9);
    expect(Math.abs(found.freshLoss)).toBeLessThan(0.2);
    for (const ratio of found.freshRms) expect(Math.abs(Math.log2(ratio))).toBeLessThan(octaves[i] as number);
    expect(found.entropies).toBeLessThan(0.1);
    for (const [head, weight] of Object.entries(found.attention)) expect(weight, head).toBeGreaterThan(0.97);
  }
});

test('a block, placed in plain Python, gives the model that raspc writes', async () => {
  const [seeded, twin, block] = [join(folder, 'seeded'), join(folder, 'twin'), join(folder, 'block.safetensors')];
  const like = ['--like', 'tests/fixtures/seeds/gpt2'];
  await seed(PROGRAM, ...like, '-o', seeded, '--block', block);
  await seed(PROGRAM, ...like, '--unseeded', '-o', twin);
  expect(pythonJob('check_seeds.py', JSON.stringify([{ seeded, into: twin, block }]))).toEqual([{ different: [] }]);
});
