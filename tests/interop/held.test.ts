/** python/raspc with real torch, mode `held`: gains that follow the stream under every way of training, resumed runs, and the traps. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { someOf } from '../support/sampling.ts';
import { lensesFolder } from './lenses.ts';
import { pythonJob } from './python.ts';

/** What a run left: the gains' factors by norm, as found in the weights and as Freeze says; and what moved that must not. */
interface Held {
  readonly inner: Readonly<Record<string, readonly number[]>>;
  readonly factors: Readonly<Record<string, readonly number[]>>;
  readonly final: readonly [number, number];
  readonly moved: number;
  readonly others: number;
}

const SIZES = { vocab_size: 64, bos_token_id: 63, eos_token_id: 63, tie_word_embeddings: false };
const CONFIGS = {
  gpt2: {
    ...SIZES,
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    n_positions: 32,
    n_embd: 128,
    n_layer: 2,
    n_head: 4,
    tie_word_embeddings: true,
    resid_pdrop: 0,
    embd_pdrop: 0,
    attn_pdrop: 0,
  },
  llama: {
    ...SIZES,
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: 256,
    intermediate_size: 256,
    num_hidden_layers: 3,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    max_position_embeddings: 32,
    rms_norm_eps: 1e-6,
  },
  'gpt-neox': {
    ...SIZES,
    architectures: ['GPTNeoXForCausalLM'],
    model_type: 'gpt_neox',
    hidden_size: 256,
    intermediate_size: 256,
    num_hidden_layers: 3,
    num_attention_heads: 4,
    max_position_embeddings: 32,
  },
} as const;

const WAYS = {
  AdamW: {},
  'AdamW fused': { optimizer: 'AdamW fused' },
  'AdamW foreach': { optimizer: 'AdamW foreach' },
  'SGD momentum': { optimizer: 'SGD momentum' },
  'two parts a step': { parts: 2 },
  'bf16 autocast': { autocast: true },
  'torch.compile': { compiled: true },
  'weights in bf16': { dtype: 'bfloat16' },
} as const;

/** Of those that find the first position by neurons one is taken; the other goes through the same. */
const FOUND = ['gpt2', ...someOf(['llama', 'gpt-neox'], 1, 0)];

let folder: string;
let results: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-held-'));
  const seeds: Record<string, string> = {};
  for (const [family, config] of Object.entries(CONFIGS)) {
    const [like, seeded] = [join(folder, `${family}.json`), join(folder, family)];
    writeFileSync(like, JSON.stringify(config));
    const { code, stderr } = await cli(['seed', 'programs/seeds/induction.rasp', '--like', like, '--bos', '63', '-o', seeded]);
    expect([code, stderr]).toEqual([0, '']);
    seeds[family] = seeded;
    // without a token that stands first: the first position has to be found, which takes a layer or two more
    const deeper = 'num_hidden_layers' in config ? { ...config, num_hidden_layers: config.num_hidden_layers + 2 } : config;
    writeFileSync(like, JSON.stringify(deeper));
    const argv = ['seed', 'programs/seeds/induction.rasp', '--like', like, '-o', join(folder, `${family}-found`)];
    const { code: again, stderr: said } = await cli(argv);
    expect([again, said]).toEqual([0, '']);
  }
  const own = seeds.gpt2 as string;
  const jobs: Record<string, object> = {
    // the first, since they fork: torch forbids that after a backward pass
    DDP: { name: 'processes', folder: own, kind: 'DDP' },
    FSDP2: { name: 'processes', folder: own, kind: 'FSDP2' },
    ...Object.fromEntries(Object.entries(WAYS).map(([way, options]) => [way, { name: 'held', folder: own, ...options }])),
    ...Object.fromEntries(Object.entries(seeds).map(([family, seeded]) => [`family ${family}`, { name: 'held', folder: seeded }])),
    resumed: { name: 'resumed', folder: own },
    'resumed SGD': { name: 'resumed', folder: own, optimizer: 'SGD momentum' },
    traps: { name: 'traps', folder: own },
    following: { name: 'without_following', folder: own },
    monitored: { name: 'monitored', folder: own },
    ...Object.fromEntries(
      FOUND.map((family) => [
        `found ${family}`,
        { name: 'monitored', folder: join(folder, `${family}-found`), rate: 1e-3, anywhere: true },
      ]),
    ),
    logged: { name: 'logged', folder: own },
  };
  const found = pythonJob('check_held.py', JSON.stringify(Object.values(jobs))) as unknown[];
  // the Trainer needs accelerate, which is where the lenses are
  const [trainer] = pythonJob('check_held.py', JSON.stringify([{ name: 'trainer', folder: own }]), lensesFolder()) as unknown[];
  results = { ...Object.fromEntries(Object.keys(jobs).map((key, i) => [key, found[i]])), trainer };
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function result<Result>(key: string): Result {
  return results[key] as Result;
}

function expectHeld({ inner, factors, final, moved, others }: Held, tolerance = 0.001): void {
  expect(moved).toBe(0);
  expect(others).toBeGreaterThan(10_000);
  expect(Object.keys(inner).length).toBeGreaterThanOrEqual(2);
  // no norm but those that are read: the final one moves as one number, and does not follow
  expect(Object.keys(inner)).toEqual(Object.keys(factors));
  for (const [name, found] of Object.entries(inner)) {
    const expected = factors[name] as readonly number[];
    expect(Math.max(...expected), name).toBeGreaterThan(1.02);
    for (const factor of found) {
      const nearest = Math.min(...expected.map((each) => Math.abs(factor / each - 1)));
      expect(nearest, `${name}: ${factor} of ${expected}`).toBeLessThan(tolerance + 0.001 / factor);
    }
  }
  expect(final[1] / final[0]).toBeLessThan(1 + Math.max(tolerance, 1e-5));
  expect(final[1]).toBeLessThan(1.5);
}

test.each(Object.keys(WAYS))('%s: programmed entries stay bit for bit, the gains follow, the final norm moves as one', (way) => {
  expectHeld(result(way), way === 'weights in bf16' ? 0.008 : undefined);
});

test('torch.compile follows as the same model does without', () => {
  expect(result<Held>('torch.compile').factors).toEqual(result<Held>('AdamW').factors);
});

test.each(Object.keys(CONFIGS))('%s', (family) => {
  expectHeld(result(`family ${family}`));
});

test.each(['DDP', 'FSDP2'])('%s over two processes with different data: one set of gains', (kind) => {
  const [first, second] = result<[Held, Held]>(kind);
  expectHeld(first);
  expect(second).toEqual(first);
});

test.each(['resumed', 'resumed SGD'])('%s: a resumed run is the same run bit for bit, and no other passes for one', (key) => {
  const { 'without state': state, 'without model': model, ...equal } = result<Record<string, unknown>>(key);
  expect(equal).toEqual({ 'load first': true, 'attach first': true });
  expect(state).toContain('the optimizer has no state of held gains');
  expect(model).toContain('load both from the same checkpoint');
});

test('what a head reads stays, and shrinks where the gains do not follow', () => {
  const { protected: shrunk, held } = result<{ protected: number; held: number }>('following');
  expect(shrunk).toBeLessThan(-0.3);
  expect(Math.abs(held)).toBeLessThan(0.1);
});

describe('traps are errors', () => {
  const WORDS = {
    not_attached: 'RuntimeError: Freeze was built and is not attached',
    drifted: 'ValueError: the model is not as the folder has it',
    tied: 'transformer.wte.weight and lm_head.weight are one tensor, and of a state dict that has both the last one read wins',
    nothing: 'ValueError: the masks mark no entry',
    other_parameters: 'ValueError: the optimizer has none of the parameters that are held',
    unseen: 'RuntimeError: two steps in a row without a forward pass that the norms saw',
  } as const;

  test.each(Object.entries(WORDS))('%s', (name, words) => {
    expect(result<Record<string, string>>('traps')[name]).toContain(words);
  });

  test('a model that has drifted is held on request, and what is let go trains', () => {
    expect(result<Record<string, unknown>>('traps').allowed).toBeNull();
  });
});

test('HuggingFace’s Trainer: stopped, and resumed from its checkpoint', ({ skip }) => {
  const found = result<{ equal: boolean; followed: number } | null>('trainer');
  if (found === null) return skip('accelerate, which the Trainer needs, cannot be had');
  expect(found.equal).toBe(true);
  expect(found.followed).toBeGreaterThan(1.02);
});

describe('the monitor', () => {
  interface Row {
    readonly step: number;
    readonly margin: number;
    readonly outside: number;
    readonly attention: number;
    readonly without: number;
    readonly accuracy: number;
    readonly answered: number;
    readonly gradient: number;
  }
  interface Watched {
    readonly rows: readonly Row[];
    readonly words: readonly string[];
    readonly csv: number;
  }

  test('changes nothing of the run', () => {
    expect(result<{ same: boolean[] }>('monitored').same).toEqual([true, true]);
  });

  test('sees a circuit that is held stay in its range, and one that is free leave it, and says so once', () => {
    const { held, free } = result<{ held: Watched; free: Watched }>('monitored');
    for (const { rows, csv } of [held, free]) {
      expect(rows.map(({ step }) => step)).toEqual([0, 5, 10, 15, 20]);
      expect(csv).toBe(6);
      const [first] = rows as [Row];
      expect(first.attention).toBeGreaterThan(0.95);
      expect(first.margin).toBeGreaterThan(1.2);
      expect(first.outside).toBe(0);
      // on random repeated tokens the circuit is what knows the answers
      expect(first.accuracy).toBeGreaterThan(0.95);
      expect(first.without).toBeGreaterThan(1);
      expect(first.gradient).toBeGreaterThan(1);
    }
    expect(held.rows.at(-1)?.attention).toBeGreaterThan(0.97);
    expect(held.words).toEqual([]);
    expect(free.rows.at(-1)?.attention).toBeLessThan(0.3);
    expect(free.rows.at(-1)?.margin).toBeLessThan(0.5);
    expect(free.words).toHaveLength(1);
    expect(free.words[0]).toMatch(/circuit induction has left the range in which it is known to work, at step 5: the stream is/);
  });

  test.each(FOUND)('%s without a token that stands first, in windows that begin anywhere: held, and lost where it is free', (family) => {
    const { held, free, same } = result<{ held: Watched; free: Watched; same: boolean[] }>(`found ${family}`);
    expect(same).toEqual([true, true]);
    for (const { rows } of [held, free]) {
      expect(rows[0]?.attention).toBeGreaterThan(0.88);
      expect(rows[0]?.margin).toBeGreaterThan(1);
    }
    expect(held.rows.at(-1)?.attention).toBeGreaterThan(0.8);
    expect(held.words).toEqual([]);
    expect(free.rows.at(-1)?.attention).toBeLessThan(0.2);
    expect(free.words).toHaveLength(1);
  });

  test('tells TensorBoard and Weights & Biases, where they are there', () => {
    const { wandb, tensorboard } = result<{ wandb: Record<string, number>[]; tensorboard: [string, number, number][] }>('logged');
    expect(wandb).toHaveLength(1);
    const { step, ...numbers } = wandb[0] as Record<string, number>;
    expect(step).toBe(7);
    expect(Object.keys(numbers)).toContain('circuits/induction/attention');
    expect(Object.keys(numbers)).toContain('circuits/induction/margin');
    expect(tensorboard).toEqual(Object.entries(numbers).map(([key, value]) => [key, value, 7]));
  });
});
