/** Models without a program: random ones of raspc's in transformers, and random ones of transformers' in raspc. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFolder } from '../../src/cli/files/write-folder.ts';
import { openModel } from '../../src/runtime/model.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import type { TraitChange } from '../../src/targets/target.ts';
import { computesPartlyInFloat32 } from '../support/stock-float32.ts';
import { packRandomModel, randomNumbers } from '../unit/checkpoint/random-model.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';
import { python, pythonJob } from './python.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-models-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Found {
  readonly loading: Readonly<Record<string, readonly string[]>>;
  readonly dtype: string;
  readonly tensors: number;
  readonly logits: Readonly<Record<'float32' | 'float64', { readonly difference: number; readonly relative: number }>>;
}

interface Variant {
  readonly name: string;
  readonly dtype: 'f32' | 'f16' | 'bf16';
  readonly target: (typeof TARGETS)[number];
  readonly traits: TraitChange;
  readonly shards?: number;
}

/** Every target in every stored dtype, in shards, and with every choice of its config. */
const VARIANTS: readonly Variant[] = TARGETS.flatMap((target) => [
  { name: `${target.name} in shards`, dtype: 'f32' as const, target, traits: {}, shards: 2000 },
  ...(['f32', 'f16', 'bf16'] as const).map((dtype) => ({ name: `${target.name} ${dtype}`, dtype, target, traits: {} })),
  ...target.config.choices.flatMap(({ key, values }) =>
    values.slice(1).map(({ value, traits }) => ({ name: `${target.name} ${key} ${value}`, dtype: 'f32' as const, target, traits })),
  ),
]);

test('random models that raspc packs, in transformers: every key is there, and the logits are those of the runtime', () => {
  const random = randomNumbers(11);
  const jobs = VARIANTS.map(({ name, target, dtype, traits, shards }, seed) => {
    const packed = packRandomModel(target, {
      dtype,
      seed,
      changes: { traits },
      ...(shards === undefined ? {} : { maxShardBytes: shards }),
    });
    if (shards !== undefined) expect(packed.files.filter(({ path }) => path.endsWith('.safetensors')).length).toBeGreaterThan(5);
    const path = join(folder, name.replaceAll(' ', '-'));
    writeFolder(path, packed.files, { directory: '/', force: false });
    const inputs = Array.from({ length: 20 }, (_, i) => Int32Array.from({ length: 1 + (i % 13) }, () => Math.floor(random() * 10)));
    const [single, double] = [openModel(packed.folder).logits(inputs), openModel(packed.folder, 'f64').logits(inputs)];
    const logits = inputs.map((ids, i) => ({ ids: [...ids], f32: [...(single[i] ?? [])], f64: [...(double[i] ?? [])] }));
    return { dir: path, logits };
  });
  const found = pythonJob('check_models.py', JSON.stringify(jobs)) as Found[];
  for (const [i, { name, target }] of VARIANTS.entries()) {
    const { loading, dtype, logits, tensors } = found[i] as Found;
    expect([name, Object.values(loading).flat()]).toEqual([name, []]);
    expect([name, dtype]).toEqual([name, 'torch.float32']);
    expect(tensors).toBeGreaterThan(10);
    expect(logits.float32.relative, name).toBeLessThan(1e-5);
    expect(logits.float64.relative, name).toBeLessThan(computesPartlyInFloat32(target) ? 5e-6 : 1e-12);
  }
});

describe.each([2, 3, 4])('random models that transformers saves (seed %d), in raspc', (seed) => {
  test('logits to 1e-5 of the largest', () => {
    const path = join(folder, `seed-${seed}`);
    python('stock_models.py', 'random', path, String(seed));
    for (const name of readdirSync(path)) {
      const expected = JSON.parse(readFileSync(join(path, name, 'expected.json'), 'utf8')) as { ids: number[]; f64: number[] }[];
      const logits = openModel(diskFolder(join(path, name))).logits(expected.map(({ ids }) => Int32Array.from(ids)));
      const largest = Math.max(...expected.flatMap(({ f64 }) => f64.map(Math.abs)));
      const worst = Math.max(...expected.flatMap(({ f64 }, i) => f64.map((value, j) => Math.abs(value - (logits[i]?.[j] as number)))));
      expect(worst / largest, name).toBeLessThan(1e-5);
    }
  });
});
