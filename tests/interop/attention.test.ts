/** What pages and drawings show of a head is what the same head does in transformers, to 1e-4. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readModel } from '../../src/draw/model/model-reading.ts';
import { compileToFiles } from '../../src/library/compile-to-files.ts';
import { openCompiled } from '../../src/library/compiled-folder.ts';
import { parseInput } from '../../src/library/parse-input.ts';
import { type Observation, observe } from '../../src/page/data/observation.ts';
import type { SeededPageData } from '../../src/page/data/page-data.ts';
import { build } from '../build.ts';
import { cli } from '../cli/run-cli.ts';
import { dataOfPage } from '../support/page-data.ts';
import { type SeededFolder, seededFolder } from '../support/seeded-folder.ts';
import { pythonJob } from './python.ts';

const PROGRAM = `@vocab "abc"; @context 8;
same = select(tokens, tokens, ==) and select(indices, indices, <);
seen = selector_width(same);
x = aggregate(rightmost(select(seen, seen, ==)), tokens, "a");
@export x;
`;
const TARGETS = ['gpt2', 'llama', 'gpt-neox', 'gemma', 'phi', 'bert'];
const INPUTS = ['abcab', 'aabbccab', 'c'];

/** What the page of a seeded model is of: token 63 stands first. */
const WINDOW = [5, 9, 12, 30, 5, 9, 12, 30, 7, 5, 9];

let folder: string;
let seeded: SeededFolder;
const observed: Observation[] = [];
let stock: readonly number[][][][][];

beforeAll(async () => {
  await build();
  folder = mkdtempSync(join(tmpdir(), 'raspc-attention-'));
  const models: { dir: string; ids: number[] }[] = [];
  for (const target of TARGETS) {
    const dir = join(folder, target);
    const compiled = compileToFiles(PROGRAM, { target, causal: target !== 'bert' });
    mkdirSync(dir);
    for (const [name, bytes] of compiled.files) writeFileSync(join(dir, name), bytes);
    const { map, model } = openCompiled(compiled.folder);
    const limits = { vocabulary: map.vocabulary.map(({ value }) => value), context: map.context };
    for (const text of INPUTS) {
      const { run, observation } = observe(readModel(map), model, text, parseInput(text, limits));
      observed.push(observation);
      models.push({ dir, ids: [...run.ids] });
    }
  }
  seeded = await seededFolder();
  const shown = await cli(['show', seeded.at('seeded'), '--input', WINDOW.join(' '), '-o', seeded.at('page.html')]);
  expect([shown.code, shown.stderr]).toEqual([0, '']);
  models.push({ dir: seeded.at('seeded'), ids: [63, ...WINDOW] });
  stock = pythonJob('check_attention.py', JSON.stringify({ models })) as typeof stock;
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  seeded?.remove();
});

test.each(TARGETS.map((target, at) => [target, at] as const))('%s', (_, at) => {
  for (let input = 0; input < INPUTS.length; input++) {
    const number = at * INPUTS.length + input;
    const { attention } = observed[number] as Observation;
    expect(attention.length).toBeGreaterThanOrEqual(2);
    for (const { layer, head, weights } of attention) {
      const wanted = stock[number]?.[layer]?.[head] ?? [];
      expect(wanted).toHaveLength(weights.length);
      for (const [query, row] of weights.entries()) {
        for (const [key, weight] of row.entries()) expect(Math.abs(weight - (wanted[query]?.[key] ?? Number.NaN))).toBeLessThan(1e-4);
      }
    }
  }
});

test('a seeded model, as its page has it', () => {
  const { recorded, facts } = dataOfPage<SeededPageData>(seeded.at('page.html'));
  const layers = stock[TARGETS.length * INPUTS.length] ?? [];
  expect(facts.heads.map(({ layer, head }) => `${layer}.${head}`)).toEqual(['0.0', '1.0']);
  for (const [number, { layer, head }] of facts.heads.entries()) {
    const { weights, bos } = recorded[0]?.heads[number]?.head.measured ?? { weights: [], bos: [] };
    const wanted = layers[layer]?.[head] ?? [];
    expect(weights).toHaveLength(WINDOW.length);
    for (const [query, row] of weights.entries()) {
      const [first = Number.NaN, ...others] = wanted[query + 1] ?? [];
      expect(Math.abs((bos[query] ?? Number.NaN) - first)).toBeLessThan(1e-4);
      // shares of what the first token leaves, or as they are where the program selects nothing
      const whole = row.reduce((sum, share) => sum + share, 0) > 0.999 ? 1 - first : 1;
      for (const [key, share] of row.entries()) expect(Math.abs(share * whole - (others[key] ?? Number.NaN))).toBeLessThan(1e-4);
    }
  }
});
