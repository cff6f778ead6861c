/** Disguised models in transformers itself: they load without a word, and say what the plain ones say. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';
import { pythonJob } from './python.ts';

const PROGRAM = '@vocab "abcd"; @context 5; @causal;\nhist = selector_width(select(tokens, tokens, ==));\n@export hist;\n';
const FAMILIES = ['gpt2', 'llama', 'gpt-neox', 'bert'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-disguised-'));
  writeFileSync(join(folder, 'hist.rasp'), PROGRAM);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** 1 to 5 tokens: all of up to three, and some longer ones. */
const INPUTS = [1, 2, 3, 4, 5].flatMap((length) =>
  Array.from({ length: Math.min(64, 4 ** length) }, (_, n) =>
    Array.from({ length }, (__, i) => Math.floor((n * 7 ** (length >> 2)) / 4 ** i) % 4),
  ),
);

test('on GPT-2, Llama, GPT-NeoX and BERT, with every step', async () => {
  const jobs = [];
  for (const target of FAMILIES) {
    const [plain, hidden, key] = [join(folder, target), join(folder, `${target}-hidden`), join(folder, `${target}.key`)];
    expect((await cli(['compile', join(folder, 'hist.rasp'), '--target', target, '-o', plain])).code).toBe(0);
    expect((await cli(['disguise', plain, '--all', '--seed', 's', '-o', hidden, '--key', key])).code).toBe(0);
    const map = JSON.parse(readFileSync(join(plain, 'raspc.json'), 'utf8'));
    const { order } = JSON.parse(readFileSync(key, 'utf8')).undo as { order: { vocab: number[]; outputs: number[] } };
    const ids = (input: readonly number[]): number[] => [map.bos.id, ...input.map((token) => map.vocabulary[token].id)];
    const logits: number[] = map.outputs[0].logits.map(({ id }: { id: number }) => id);
    jobs.push({
      ...{ plain, hidden, class: target === 'bert' ? 'AutoModelForTokenClassification' : 'AutoModelForCausalLM' },
      inputs: INPUTS.map((input) => ({ plain: ids(input), hidden: ids(input).map((id) => order.vocab.indexOf(id)) })),
      outputs: { plain: logits, hidden: logits.map((id) => order.outputs.indexOf(id)) },
    });
  }
  const loading = { missing_keys: [], unexpected_keys: [], mismatched_keys: [] };
  expect(pythonJob('check_disguise.py', JSON.stringify(jobs))).toEqual(
    FAMILIES.map(() => ({ loading, different: 0, inputs: INPUTS.length })),
  );
}, 300_000);
