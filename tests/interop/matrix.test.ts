/**
 * Every program × every target × every stored dtype in engines that no one here wrote: transformers in float32 and float64 arithmetic,
 * llama.cpp where a GGUF file can hold the model. Outputs have to be what the evaluator says they are, logits what the runtime computes,
 * token ids ours, and loading without a word. The numbers go to out/interop.json, of which `npm run interop-table` makes README's table.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EngineResult, RESULTS_FILE } from '../../scripts/interop-table.ts';
import type { CircuitMap } from '../../src/checkpoint/circuit-map.ts';
import { jsonText } from '../../src/checkpoint/json-text.ts';
import { readCircuitMap } from '../../src/checkpoint/read-circuit-map.ts';
import { type Model, openModel } from '../../src/runtime/model.ts';
import { gpt2 } from '../../src/targets/gpt2.ts';
import { llama } from '../../src/targets/llama.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import type { Target } from '../../src/targets/target.ts';
import { DTYPES, type Dtype } from '../../src/tensor/dtype.ts';
import { cli } from '../cli/run-cli.ts';
import { llamaCppMissing, runInLlamaCpp } from '../llama-cpp/llama-cpp.ts';
import { casesData } from '../support/cases-data.ts';
import { type FolderCase, folderCases, withIds, wrongOutputs } from '../support/folder-cases.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';
import { type PythonServer, startPython } from './python-server.ts';

interface Plan {
  readonly name: string;
  readonly context: number;
  /** Inputs made to break things, and as many random ones. */
  readonly samples: number;
  readonly targets: readonly Target[];
  readonly dtypes: readonly Dtype[];
  /** What models compute in, where it is not float32. */
  readonly compute?: Dtype;
}

const MATRIX: Plan = { name: 'matrix', context: 16, samples: 600, targets: TARGETS, dtypes: DTYPES };
/** Rounding grows with the context, so that a certificate that is too good shows here. */
const LONG: Plan = { name: 'long', context: 96, samples: 25, targets: [gpt2, llama], dtypes: ['f32'] };
/** Inputs whose logits are compared with the runtime's, and that are cut into tokens. */
const WITH_LOGITS = 6;
const IN_LLAMA_CPP = 60;
const PROMPTS = 2;

const programs = readdirSync('programs')
  .filter((file) => file.endsWith('.rasp'))
  .map((file) => basename(file, '.rasp'));
const noLlamaCpp = llamaCppMissing();

/** For 16-bit arithmetic, which is what llama.cpp does unless told otherwise. */
const HALF: Plan = { name: 'half', context: 16, samples: 0, targets: [], dtypes: ['f16'], compute: 'f16' };

interface Compiled {
  readonly target: Target;
  readonly dtype: Dtype;
  readonly dir: string;
  readonly map: CircuitMap;
  readonly model: Model;
}

interface Found {
  readonly loading: readonly string[];
  readonly dtype: string;
  readonly mismatches: Readonly<Record<'float32' | 'float64', number>>;
  /** The largest difference of a logit from the runtime's: in itself, as a part of the largest logit, and in what decides. */
  readonly difference: Readonly<Record<'float32' | 'float64', number>>;
  readonly relative: Readonly<Record<'float32' | 'float64', number>>;
  readonly deciding: Readonly<Record<'float32' | 'float64', number>>;
  readonly first: unknown;
  readonly tokenizer: number;
  readonly generate: number;
}

interface Outcome {
  readonly compiled: readonly Compiled[];
  readonly inputs: number;
  readonly found: Promise<readonly Found[]>;
}

let folder: string;
let python: PythonServer;
const outcomes = new Map<string, Promise<Outcome>>();
const outcomeOf = (program: string, { name }: Plan) => outcomes.get(`${program} ${name}`) as Promise<Outcome>;
const results: EngineResult[] = [];

/** Programs are compiled one after the other, while Python works on those before. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-matrix-'));
  python = startPython('check_matrix.py');
  let last: Promise<unknown> = Promise.resolve();
  for (const program of programs) {
    for (const plan of [MATRIX, LONG]) {
      const outcome = last.then(() => prepare(program, plan));
      outcomes.set(`${program} ${plan.name}`, outcome);
      // a test waits for each; one that fails must not stop the others
      last = outcome.then(() => setImmediate()).catch(() => {});
    }
  }
});

afterAll(() => {
  python.close();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(RESULTS_FILE), { recursive: true });
  writeFileSync(RESULTS_FILE, JSON.stringify(results));
});

async function compileAll(program: string, { name, context, targets, dtypes, compute = 'f32' }: Plan): Promise<Compiled[]> {
  const compiled: Compiled[] = [];
  for (const target of targets) {
    for (const dtype of dtypes) {
      const dir = join(folder, `${program}-${name}-${target.name}-${dtype}`);
      const argv = ['--target', target.name, '--dtype', dtype, '--compute', compute, '--context', String(context), '-o', dir];
      // one dtype in shards: an engine has to find the same tensors either way
      const shards = dtype === 'bf16' ? ['--max-shard-size', '20KB'] : [];
      const { code, stderr } = await cli(['compile', `programs/${program}.rasp`, ...argv, ...shards]);
      // a causal family refuses what looks ahead, and any what its numbers cannot tell apart
      if (code === 1 && /^error\[R(4008|5|6|7501)/m.test(stderr)) continue;
      expect([program, target.name, dtype, code, stderr]).toEqual([program, target.name, dtype, 0, expect.any(String)]);
      compiled.push({ target, dtype, dir, map: readCircuitMap(diskFolder(dir)), model: openModel(diskFolder(dir)) });
    }
  }
  return compiled;
}

async function prepare(program: string, plan: Plan): Promise<Outcome> {
  const { name, samples } = plan;
  const compiled = await compileAll(program, plan);
  const [first] = compiled;
  if (first === undefined) return { compiled, inputs: 0, found: Promise.resolve([]) };
  const { cases } = folderCases(first.dir, samples);
  const casesFile = join(folder, `${program}-${name}.json`);
  writeFileSync(casesFile, jsonText(casesData(first.map, cases)));
  const models = compiled.map((each) => modelData(each, cases));
  return {
    compiled,
    inputs: cases.length,
    found: python.run(JSON.stringify({ cases: casesFile, models })) as Promise<readonly Found[]>,
  };
}

function modelData({ dir, map, target, dtype, model }: Compiled, cases: readonly FolderCase[]) {
  const inputs = withIds(cases.slice(-WITH_LOGITS), map).map((ids) => Int32Array.from(ids));
  const logits = [model, openModel(diskFolder(dir), 'f64')].map((each, i) => {
    const path = `${dir}.logits${i}`;
    writeFileSync(path, Buffer.concat(each.logits(inputs).map((values) => Buffer.from(Float64Array.from(values).buffer))));
    return path;
  });
  const goesOn = target.traits.output === 'language-model' && dtype === 'f32';
  const prompts = goesOn ? inputs.filter(({ length }) => length + 3 <= model.config.sizes.positions).slice(-PROMPTS) : [];
  // what is no input means nothing as one: there it ends with the first
  const steps = givesTokens(map) ? 3 : 1;
  const generate = prompts.map((ids) => ({ ids: [...ids], next: continued(model, ids, steps) }));
  return { dir, logits, count: WITH_LOGITS, tokenizer: target.tokenizerClass, generate };
}

function givesTokens({ outputs, vocabulary }: CircuitMap): boolean {
  const inputs = new Set(vocabulary.map(({ id }) => id));
  return outputs.every((output) => output.kind === 'categorical' && output.logits.every(({ id }) => inputs.has(id)));
}

/** The model's own continuation: the largest logit of the last position, again and again. */
function continued(model: Model, ids: Int32Array, count: number): number[] {
  const { outputs } = model.config.sizes;
  const all = [...ids];
  for (let i = 0; i < count; i++) {
    const last = (model.logits([Int32Array.from(all)])[0] as Float32Array).slice(-outputs);
    all.push(last.indexOf(Math.max(...last)));
  }
  return all.slice(ids.length);
}

/** What transformers found, held to what has to be. */
async function checkFound(program: string, { compiled, found }: Outcome): Promise<readonly Found[]> {
  const all = await found;
  for (const [i, each] of all.entries()) {
    const { target, dtype, map } = compiled[i] as Compiled;
    const name = `${program} as ${target.name} in ${dtype}`;
    expect([name, each.loading, each.dtype]).toEqual([name, [], 'torch.float32']);
    expect([name, each.mismatches, each.first]).toEqual([name, { float32: 0, float64: 0 }, null]);
    expect([name, each.tokenizer, each.generate]).toEqual([name, 0, 0]);
    // what decides is in both engines within the certificate's bound of the ideal
    const errorBound = map.certificate.errorBound as number;
    expect(each.deciding.float32, name).toBeLessThanOrEqual(2 * errorBound);
    expect(each.relative.float32, name).toBeLessThanOrEqual(Math.max(1e-3, 2 * errorBound));
    // stock rotary positions are float32 even in a float64 model
    expect(each.relative.float64, name).toBeLessThanOrEqual(target.traits.positions.kind === 'learned' ? 1e-9 : 1e-3);
  }
  return all;
}

describe.each(programs)('%s', (program) => {
  test('in transformers', async () => {
    const outcome = await outcomeOf(program, MATRIX);
    const { compiled, inputs } = outcome;
    // every program has a family that holds it
    expect(compiled.some(({ target, dtype }) => target.name === 'bert' && dtype === 'f32')).toBe(true);
    for (const [i, { mismatches, difference }] of (await checkFound(program, outcome)).entries()) {
      const { target, dtype } = compiled[i] as Compiled;
      for (const arithmetic of ['float32', 'float64'] as const) {
        const engine = `transformers ${arithmetic}`;
        results.push({
          program,
          target: target.name,
          dtype,
          engine,
          inputs,
          mismatches: mismatches[arithmetic],
          difference: difference[arithmetic],
        });
      }
    }
  });

  test('in transformers, at a longer context', async () => {
    await checkFound(program, await outcomeOf(program, LONG));
  });

  test.skipIf(noLlamaCpp !== null)(noLlamaCpp === null ? 'in llama.cpp' : `not in llama.cpp: ${noLlamaCpp}`, async () => {
    const { compiled } = await outcomeOf(program, MATRIX);
    const held = compiled.filter(({ target }) => target.gguf !== null);
    if (held[0] === undefined) return;
    const { cases } = folderCases(held[0].dir, IN_LLAMA_CPP / 2);
    const half = await compileAll(program, {
      ...HALF,
      targets: held.map(({ target }) => target).filter((t, i, all) => all.indexOf(t) === i),
    });
    const jobs = [...held.map((each) => ({ each, exact: true })), ...half.map((each) => ({ each, exact: false }))].map(
      ({ each, exact }) => ({
        each,
        exact,
        file: `${each.dir}.gguf`,
        vocab: each.model.config.sizes.vocab,
        inputs: withIds(cases, each.map),
      }),
    );
    for (const { each, file } of jobs) expect((await cli(['export', each.dir, '-o', file])).code).toBe(0);
    for (const [i, { logits }] of runInLlamaCpp(jobs.map(({ each: _, ...job }) => job)).entries()) {
      const { each, exact, inputs } = jobs[i] as (typeof jobs)[number];
      const { target, dtype, map, model } = each;
      const name = `${program} as ${target.name} in ${dtype}`;
      const mismatches = cases.reduce(
        (sum, one, n) => sum + wrongOutputs(map, { ...one, ids: inputs[n] ?? [] }, logits[n] as Float32Array),
        0,
      );
      const ours = model.logits(inputs.map((ids) => Int32Array.from(ids)));
      const difference = largestDifference(ours, logits);
      const engine = exact ? 'llama.cpp, f32 cache' : 'llama.cpp, its own settings';
      results.push({ program, target: target.name, dtype, engine, inputs: cases.length, mismatches, difference });
      expect([name, engine, mismatches]).toEqual([name, engine, 0]);
      const largest = Math.max(1, ...ours.map((each) => largestDifference([each], [new Float32Array(each.length)])));
      // rounding is what a compiled model amplifies; random models are held to 1e-5
      if (exact) expect(difference / largest, name).toBeLessThan(1e-3);
    }
  });
});

function largestDifference(ours: readonly ArrayLike<number>[], theirs: readonly ArrayLike<number>[]): number {
  let largest = 0;
  for (const [i, logits] of ours.entries()) {
    for (let j = 0; j < logits.length; j++) largest = Math.max(largest, Math.abs((logits[j] as number) - (theirs[i]?.[j] as number)));
  }
  return largest;
}
