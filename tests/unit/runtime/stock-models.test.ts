/** The runtime against transformers: random dense models of every architecture, made and run by it (tests/interop/stock_models.py). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openModel } from '../../../src/runtime/model.ts';
import { TARGETS } from '../../../src/targets/registry.ts';
import { diskFolder, FIXTURE_MODELS } from './disk-folder.ts';

interface Expected {
  readonly ids: readonly number[];
  readonly f64: readonly number[];
}

const names = readdirSync(FIXTURE_MODELS);

/** Stock RoPE, the RMSNorm of stock models, GPT-Neo's scores and OPT's softmax compute in float32 even in a float64 model. */
const SINGLE_INSIDE = /^(?!gpt2|bert)/;

test('there is a model of every architecture', () => {
  const found = new Set(names.map((name) => openModel(diskFolder(join(FIXTURE_MODELS, name))).config.target.name));
  expect([...found].toSorted()).toEqual(TARGETS.map(({ name }) => name).toSorted());
});

describe.each(names)('%s', (name) => {
  const folder = diskFolder(join(FIXTURE_MODELS, name));
  const expected = JSON.parse(readFileSync(join(FIXTURE_MODELS, name, 'expected.json'), 'utf8')) as Expected[];
  const batch = expected.map(({ ids }) => Int32Array.from(ids));
  const largest = Math.max(...expected.flatMap(({ f64 }) => f64.map(Math.abs)));

  test.each([
    ['f32', 1e-5],
    ['f64', SINGLE_INSIDE.test(name) ? 3e-6 : 1e-11],
  ] as const)('logits in %s are those of transformers to %d of the largest', (arithmetic, tolerance) => {
    const logits = openModel(folder, arithmetic).logits(batch);
    let worst = 0;
    for (const [i, { f64 }] of expected.entries()) {
      expect(logits[i]?.length).toBe(f64.length);
      for (const [j, value] of f64.entries()) worst = Math.max(worst, Math.abs((logits[i]?.[j] as number) - value));
    }
    expect(worst / largest).toBeLessThan(tolerance);
  });
});
