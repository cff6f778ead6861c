/** python/raspc_freeze.py with real torch: held entries are bit-identical after training, whatever the optimizer, and the others train. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findTarget } from '../../src/targets/registry.ts';
import { streamAxes } from '../../src/targets/stream-axes.ts';
import type { Target } from '../../src/targets/target.ts';
import { cli } from '../cli/run-cli.ts';
import { pythonJob } from './python.ts';

interface Moved {
  readonly held: number;
  readonly heldMoved: number;
  readonly others: number;
  readonly othersMoved: number;
}

const OPTIMIZERS = [
  ['AdamW', 200],
  ['SGD', 200],
  ['AdamW foreach, amsgrad', 20],
  ['AdamW fused', 20],
  ['RMSprop', 20],
  ['Adafactor', 20],
  ['copies of the weights', 20],
] as const;
const MODES = ['free', 'frozen', 'protected'] as const;
const TARGETS = ['gpt2', 'llama', 'gpt-neox'] as const;

/** All runs of `check_freeze.py` that the tests look at, in one Python: what to run by what they are called here. */
const JOBS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  // the first, since it forks: torch forbids that after a backward pass
  sharded: { name: 'sharded', processes: 2 },
  ...Object.fromEntries(OPTIMIZERS.map(([optimizer, steps]) => [optimizer, { name: 'optimizers', target: 'gpt2', optimizer, steps }])),
  ...Object.fromEntries(TARGETS.map((target) => [target, { name: 'optimizers', target, optimizer: 'AdamW', steps: 20 }])),
  ...Object.fromEntries(
    TARGETS.map((target) => [
      `protected ${target}`,
      { name: 'protected', target, steps: 20, stream: streamAxes(findTarget(target) as Target) },
    ]),
  ),
  LBFGS: { name: 'optimizers', target: 'gpt2', optimizer: 'LBFGS', steps: 5 },
  'gradients only': { name: 'gradients_only', steps: 20 },
  midway: { name: 'midway', steps: 20 },
  'by hand': { name: 'by_hand', steps: 20 },
  names: { name: 'names' },
  meddling: { name: 'meddling' },
  trainer: { name: 'trainer' },
  attention: { name: 'attention' },
};

/** A GPT-2 just wide enough for an induction circuit. */
const CONFIG = {
  architectures: ['GPT2LMHeadModel'],
  model_type: 'gpt2',
  vocab_size: 64,
  n_positions: 32,
  n_embd: 128,
  n_layer: 2,
  n_head: 4,
  bos_token_id: 63,
  eos_token_id: 63,
  initializer_range: 0.02,
  tie_word_embeddings: true,
};

let folder: string;
let results: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-freeze-'));
  const [like, seeded] = [join(folder, 'config.json'), join(folder, 'seeded')];
  writeFileSync(like, JSON.stringify(CONFIG));
  const { code, stderr } = await cli(['seed', 'programs/seeds/induction.rasp', '--like', like, '--bos', '63', '-o', seeded]);
  expect([code, stderr]).toEqual([0, '']);
  const modes = Object.fromEntries(MODES.map((mode) => [`seeded ${mode}`, { name: 'seeded', folder: seeded, mode, steps: 20 }]));
  const jobs = { ...JOBS, ...modes };
  const found = pythonJob('check_freeze.py', JSON.stringify(Object.values(jobs))) as unknown[];
  results = Object.fromEntries(Object.keys(jobs).map((key, i) => [key, found[i]]));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function result<Result>(key: string): Result {
  return results[key] as Result;
}

const HELD = { held: 3440, heldMoved: 0, others: 12088 };

test('a mask on gradients alone is no freeze', () => {
  expect(result<Moved>('gradients only').heldMoved).toBeGreaterThan(3000);
});

describe('optimizers', () => {
  test.each(OPTIMIZERS)('%s, %d steps: no held entry moves, every other does, and nothing is kept for the held', (optimizer) => {
    expect(result(optimizer)).toEqual({ ...HELD, othersMoved: HELD.others, state: 0 });
  });

  test('LBFGS, which computes gradients within its step', () => {
    const found = result<Moved>('LBFGS');
    expect(found).toMatchObject(HELD);
    expect(found.othersMoved).toBeGreaterThan(11_000);
  });

  test('every family', () => {
    for (const target of TARGETS) {
      const found = result<Moved>(target);
      expect([found.heldMoved, found.others - found.othersMoved], target).toEqual([0, 0]);
    }
  });

  test('held for a while: momentum from before waits, and goes on afterwards', () => {
    const found = result<{ held: Moved; state: number; thawed: Moved }>('midway');
    expect(found.held).toEqual({ ...HELD, othersMoved: HELD.others });
    expect(found.state).toBe(0);
    expect(found.thawed.heldMoved).toBe(HELD.held);
  });

  test('before_step and after_step in a loop of one’s own', () => {
    expect(result('by hand')).toEqual({ ...HELD, othersMoved: HELD.others });
  });
});

test.each(TARGETS)('protected %s: nothing new is written into the reserved dimensions', (target) => {
  const found = result<Moved & { count: number; inReserved: number; unheldAtRest: string[] }>(`protected ${target}`);
  expect(found.heldMoved).toBe(0);
  expect(found.inReserved).toBe(0);
  expect(found.count).toBeGreaterThan(found.held);
  expect(found.others - found.othersMoved).toBe(found.count - found.held);
  expect(found.unheldAtRest).toEqual([]);
});

test('names: wrappers, tied tensors, prefixes; and what does not fit is refused', () => {
  const { refusals, plain, inner, tied, base, prefix, ...wrapped } = result<Record<string, unknown>>('names');
  expect(plain).toEqual({ ...HELD, othersMoved: HELD.others });
  expect(Object.keys(wrapped)).toEqual(['_fsdp_wrapped_module', 'module', '_orig_mod', '_checkpoint_wrapped_module']);
  for (const found of Object.values(wrapped)) expect(found).toEqual(plain);
  expect({ inner, tied, base, prefix }).toEqual({ inner: HELD.held, tied: 62, base: 31, prefix: 72 });
  expect(refusals).toEqual({
    unknown: 'ValueError: the model does not fit: transformer.h.7.ln_1.weight is none of its 29 parameters, such as transformer.wte.weight',
    shape: 'ValueError: the model does not fit: transformer.wte.weight is [31, 24], its mask [24, 31]',
    two: 'ValueError: the model does not fit: ln_1.weight fits transformer.h.0.ln_1.weight, transformer.h.1.ln_1.weight',
    mode: "ValueError: mode is 'freezing', not one of free, frozen, protected, held",
    'no map': 'ValueError: masks in a dict come without a circuit map: give `reserved`, or use the seeded folder',
    stream: 'ValueError: it is not known what writes into the residual stream of a Linear: use mode frozen',
    optimizer: 'TypeError: str is no torch optimizer: call before_step and after_step around its step',
  });
});

test('debug mode tells of entries that something else changed', () => {
  expect(result('meddling')).toEqual({
    message: '288 of 288 held entries of transformer.wpe.weight changed between two steps (after loading weights on purpose, call capture)',
    after: 0,
  });
});

test('parameters sharded over two processes by FSDP2', () => {
  const shards = result<(Moved & { share: number })[]>('sharded');
  expect(shards).toHaveLength(2);
  for (const { share, ...moved } of shards) {
    expect(Math.abs(share - 0.5)).toBeLessThan(0.1);
    expect(moved).toEqual({ ...HELD, othersMoved: HELD.others });
  }
});

test('as a callback, the way the Trainer calls it', () => {
  expect(result('trainer')).toEqual({ ...HELD, othersMoved: HELD.others });
});

test('attention of the programmed heads, in numbers too', () => {
  expect(result('attention')).toEqual({
    names: ['0.1 previous', '1.2 induction'],
    same: [true, true],
    saved: { '0.1 previous': [1, 9, 9], '1.2 induction': [1, 9, 9] },
    left: [true, true],
    induction: { entropy: 0, first: 0.5, self: 0, previous: 0.125, copied: 1 },
    previous: { entropy: 0, first: 0.125, self: 0, previous: 1, copied: 0 },
  });
});

describe('what raspc seed wrote', () => {
  interface Seeded {
    readonly accuracy: number;
    readonly attention: Readonly<Record<string, { readonly previous: number; readonly copied: number }>>;
    readonly moved: Moved;
    readonly held: number;
    readonly reserved: number;
    readonly written: number;
  }

  test('copies at step 0, by heads that the map names', () => {
    const { accuracy, attention } = result<Seeded>('seeded free');
    expect(accuracy).toBeGreaterThan(0.99);
    expect(Object.keys(attention)).toEqual(['0.0 previous', '1.0 induction']);
    expect(attention['0.0 previous']?.previous).toBeGreaterThan(0.99);
    expect(attention['1.0 induction']?.copied).toBeGreaterThan(0.9);
  });

  test('free, frozen and protected hold nothing, the circuits, and what others could write into them', () => {
    const [free, frozen, shielded] = MODES.map((mode) => result<Seeded>(`seeded ${mode}`)) as [Seeded, Seeded, Seeded];
    expect(free.moved.held).toBeGreaterThan(10_000);
    expect([free.held, frozen.held]).toEqual([0, frozen.moved.held]);
    // where a head has no use for a dimension, queries and keys are both 0, and so are their gradients
    expect(free.moved.heldMoved).toBeGreaterThan(10_000);
    expect([frozen.moved.heldMoved, shielded.moved.heldMoved]).toEqual([0, 0]);
    expect(shielded.held).toBeGreaterThan(frozen.held);
    expect(frozen.reserved).toBeGreaterThan(30);
    expect(free.written).toBeGreaterThan(0);
    expect(frozen.written).toBeGreaterThan(0);
    expect(shielded.written).toBe(0);
  });
});
