/**
 * Every program that compiles, in transformers: thousands of inputs in float32 and float64, with outputs as the evaluator says they
 * are, decoded by raspc.json alone; tokenizer ids as ours; and nothing missing, unexpected or mismatched in loading.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CircuitMap, MapValue } from '../../src/checkpoint/circuit-map.ts';
import { floatNumber, type JsonData, JsonNumber, jsonText } from '../../src/checkpoint/json-text.ts';
import { readCircuitMap } from '../../src/checkpoint/read-circuit-map.ts';
import { tokenTexts } from '../../src/checkpoint/token-texts.ts';
import { loadSource } from '../../src/cli/load-file.ts';
import { processIo } from '../../src/cli/process-io.ts';
import { evaluator } from '../../src/graph/evaluate.ts';
import { Sequence } from '../../src/graph/sequence.ts';
import { openModel } from '../../src/runtime/model.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { gpt2 } from '../../src/targets/gpt2.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { adversarialInputs, type InputSource, randomInputs } from '../../src/verify/inputs.ts';
import { cli } from '../cli/run-cli.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';
import { pythonJob } from './python.ts';

const io = processIo();
const PROGRAMS = resolve(import.meta.dirname, '../../programs');

/** Inputs whose logits are compared with the runtime's. */
const WITH_LOGITS = 10;
/** Prompts that are continued. */
const PROMPTS = 5;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-programs-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function valueData(value: MapValue): JsonData {
  if (typeof value === 'bigint') return new JsonNumber(String(value));
  return typeof value === 'number' ? floatNumber(value) : value;
}

/** At most `count` of the inputs, evenly spread. */
function someInputs(inputs: InputSource, count: number): Uint32Array[] {
  const taken = Math.min(count, inputs.count);
  return Array.from({ length: taken }, (_, i) => inputs.at(Math.floor((i * inputs.count) / taken)));
}

interface Job {
  readonly name: string;
  readonly data: { readonly [key: string]: JsonData };
  readonly checked: number;
  readonly errorBound: number;
}

/** The model's own continuation: the largest logit of the last position, again and again. */
function continued(model: ReturnType<typeof openModel>, ids: readonly number[], count: number): number[] {
  const { outputs } = model.config.sizes;
  const all = [...ids];
  for (let i = 0; i < count; i++) {
    const last = (model.logits([Int32Array.from(all)])[0] as Float32Array).slice(-outputs);
    all.push(last.indexOf(Math.max(...last)));
  }
  return all.slice(ids.length);
}

/** What a compiled folder has to compute. */
function jobOf(name: string, dir: string, samples: number): Job {
  const map: CircuitMap = readCircuitMap(diskFolder(dir));
  const model = openModel(diskFolder(dir));
  const exact = openModel(diskFolder(dir), 'f64');
  const program = loadSource(sourceFile(map.program.file, map.program.source), io, {
    vocabulary: { kind: 'tokens', values: map.vocabulary.map(({ value }) => value), span: null },
    context: map.context,
    causal: map.causal,
  });
  const nodes = map.outputs.map((output) => program.exports.find((found) => found.name === output.name)?.node as never);
  const evaluate = evaluator(nodes, { causal: map.causal });
  const { texts, fused } = tokenTexts(map, model.config.sizes.vocab, null);
  const size = map.vocabulary.length;
  const edges = someInputs(adversarialInputs(size, map.context), samples);
  const inputs = [...edges, ...someInputs(randomInputs(size, map.context, samples, 7), samples)];
  const tokenized = inputs.map((input) => ({
    ids: [map.bos.id, ...Array.from(input, (i) => (map.vocabulary[i] as CircuitMap['vocabulary'][number]).id)],
    values: Array.from(input, (i) => (map.vocabulary[i] as CircuitMap['vocabulary'][number]).value),
  }));
  const cases = tokenized.map(({ ids, values }): JsonData => {
    const found = evaluate(values);
    const outputs = map.outputs.map(({ name: output }, i): [string, JsonData] => {
      const sequence = found.get(nodes[i] as never);
      if (!(sequence instanceof Sequence)) throw new Error(`\`${output}\` is no sequence`);
      return [output, sequence.values.map(valueData)];
    });
    const text = ids.slice(1).map((id) => texts[id] as string);
    return { ids, text: text.join(fused ? '' : ' '), outputs: Object.fromEntries(outputs) };
  });
  const logits = tokenized.slice(-WITH_LOGITS).map(({ ids }): JsonData => {
    const input = [Int32Array.from(ids)];
    return { ids, f32: [...(model.logits(input)[0] ?? [])], f64: [...(exact.logits(input)[0] ?? [])] };
  });
  const positions = model.config.sizes.positions;
  const generate = tokenized
    .filter(({ ids }) => ids.length + 3 <= positions)
    .slice(-PROMPTS)
    .map(({ ids }): JsonData => ({ ids, next: continued(model, ids, 3) }));
  const goesOn = model.config.traits.output === 'language-model';
  return {
    name,
    data: { dir, tokenizer: model.config.target.tokenizerClass, cases, logits, generate: goesOn ? generate : [] },
    checked: cases.length,
    errorBound: map.certificate.errorBound as number,
  };
}

interface Found {
  readonly loading: Readonly<Record<string, readonly string[]>>;
  readonly dtype: string;
  readonly outputs: { readonly mismatches: Readonly<Record<string, number>>; readonly first: unknown };
  readonly tokenizer: { readonly mismatches: number; readonly first: readonly unknown[] };
  readonly logits: Readonly<Record<'float32' | 'float64', { readonly difference: number; readonly relative: number }>>;
  readonly generate: number;
}

const programs = readdirSync(PROGRAMS)
  .filter((file) => file.endsWith('.rasp'))
  .map((file) => join(PROGRAMS, file));

const SUITES = [
  { target: gpt2, context: 32, samples: 2000 },
  { target: gpt2, context: 128, samples: 50 },
  ...TARGETS.filter((target) => target !== gpt2).map((target) => ({ target, context: 16, samples: 150 })),
].map((suite) => ({ ...suite, name: suite.target.name }));

test.each(SUITES)('compiled programs as $name at context $context', async ({ target, context, samples }) => {
  const jobs: Job[] = [];
  for (const file of programs) {
    const name = basename(file, '.rasp');
    const dir = join(folder, `${name}-${target.name}-${context}`);
    const { code, stderr } = await cli(['compile', file, '--target', target.name, '--context', String(context), '-o', dir]);
    // a causal target refuses what looks ahead, and any what float32 cannot tell apart
    const refused = code === 1 && /^error\[R(4008|5|6)/m.test(stderr);
    if (!refused) {
      expect([name, code, stderr]).toEqual([name, 0, expect.any(String)]);
      jobs.push(jobOf(name, dir, samples));
    }
  }
  expect(jobs.length).toBeGreaterThanOrEqual(target.traits.attention === 'causal' ? 15 : 20);
  const found = pythonJob('check_models.py', jsonText(jobs.map(({ data }) => data))) as Found[];
  const table = jobs.map(({ name, checked, errorBound }, i) => {
    const { outputs, logits } = found[i] as Found;
    return {
      name,
      inputs: checked,
      ...outputs.mismatches,
      f32: logits.float32.difference,
      bound: errorBound,
      f64: logits.float64.difference,
    };
  });
  console.table(table);
  for (const [i, { name, errorBound }] of jobs.entries()) {
    const { loading, dtype, outputs, tokenizer, logits, generate } = found[i] as Found;
    expect([name, Object.values(loading).flat(), dtype]).toEqual([name, [], 'torch.float32']);
    expect([name, outputs]).toEqual([name, { mismatches: { float32: 0, float64: 0 }, first: null }]);
    expect([name, tokenizer]).toEqual([name, { mismatches: 0, first: [] }]);
    // both are within the certificate's bound of the ideal logits
    expect(logits.float32.difference, name).toBeLessThanOrEqual(2 * errorBound);
    expect(logits.float64.difference, name).toBeLessThanOrEqual(2 * errorBound);
    // stock rotary positions are computed in float32 even in a float64 model
    if (target.traits.positions.kind === 'learned') expect(logits.float64.relative, name).toBeLessThan(1e-9);
    expect([name, generate]).toEqual([name, 0]);
  }
});
