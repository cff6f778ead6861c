/** Compiled models in TransformerLens and nnsight: which calls answer rightly, and that variables are found and patched where the map says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TARGETS } from '../../src/targets/registry.ts';
import { cli } from '../cli/run-cli.ts';
import { lensesFolder } from './lenses.ts';
import { pythonJob } from './python.ts';

interface Found {
  readonly transformerLens: {
    readonly ids: boolean | string;
    readonly text: boolean | string;
    readonly prependBos: boolean | string;
    readonly own: boolean | string;
    readonly hooks: boolean | null;
    readonly patched: boolean | null;
  };
  readonly nnsight: { readonly text: boolean; readonly patched: boolean };
}

/** Families of which TransformerLens takes the BOS of a text away unless it is told to put one there. */
const WITHOUT_BOS = ['gpt-neox', 'qwen2', 'qwen3', 'starcoder2', 'smollm3', 'granite', 'phi'];
const UNKNOWN = ['distilbert', 'roberta'];
/** Of these nothing has been measured. */
const UNMEASURED = ['gemma2', 'gemma3', 'olmo2'];
const FAMILIES = TARGETS.map(({ name }) => name).filter((name) => !UNMEASURED.includes(name));

let folder: string;
let results: readonly Found[] | null = null;

beforeAll(async () => {
  const lenses = lensesFolder();
  if (lenses === null) return;
  folder = mkdtempSync(join(tmpdir(), 'raspc-lenses-'));
  const models: object[] = [];
  for (const target of FAMILIES) {
    const output = join(folder, target);
    const argv = [
      'compile',
      'programs/double_hist.rasp',
      '--target',
      target,
      '--context',
      '6',
      '--vocab',
      '["a","b","c","d"]',
      '-o',
      output,
    ];
    expect((await cli(argv)).code).toBe(0);
    models.push({ folder: output, inputs: ['abca', 'aab', 'dcba', 'bbbbb'] });
  }
  results = pythonJob('check_lenses.py', JSON.stringify({ lenses, models })) as Found[];
}, 900_000);

afterAll(() => rmSync(folder ?? '', { recursive: true, force: true }));

test.for(FAMILIES.map((target, number) => ({ target, number })))('$target', ({ target, number }, { skip }) => {
  // no registry to install them from
  if (results === null) return skip();
  const { transformerLens, nnsight } = results[number] as Found;
  expect(nnsight).toEqual({ text: true, patched: true });
  if (UNKNOWN.includes(target)) {
    expect(transformerLens.own).toBe(`TransformerLens has no bridge for ${target}; of the encoders it knows bert`);
    return;
  }
  // through `m.transformer_lens()`, texts and ids; its bridge alone lacks the output head of an encoder
  const alone = target !== 'bert';
  expect(transformerLens).toEqual({
    ids: alone,
    text: alone && !WITHOUT_BOS.includes(target),
    prependBos: alone,
    own: true,
    hooks: true,
    patched: true,
  });
});
