/**
 * Compiles sources for many families, and runs the models in transformers itself, in float32 and float64 arithmetic: outputs have to be what
 * the evaluator says they are, logits what the runtime computes, token ids ours, and loading without a word.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'vitest';
import { type EngineResult, RESULTS_FOLDER } from '../../scripts/documents/interop-table.ts';
import { jsonText } from '../../src/checkpoint/json/json-text.ts';
import type { CircuitMap } from '../../src/checkpoint/map/circuit-map.ts';
import { readCircuitMap } from '../../src/checkpoint/map/read-circuit-map.ts';
import { type Model, openModel } from '../../src/runtime/model.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import type { Target } from '../../src/targets/target.ts';
import { DTYPES, type Dtype } from '../../src/tensor/dtype.ts';
import { cli } from '../cli/run-cli.ts';
import { casesData } from '../support/cases-data.ts';
import { type FolderCase, folderCases, withIds } from '../support/folder-cases.ts';
import { someOf } from '../support/sampling.ts';
import { computesPartlyInFloat32 } from '../support/stock-float32.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';
import { type PythonServer, startPython } from './python-server.ts';

export const PROGRAMS: readonly string[] = readdirSync('programs')
  .filter((file) => file.endsWith('.rasp'))
  .map((file) => basename(file, '.rasp'));

/** A family, and what weights are stored as. */
export interface Choice {
  readonly target: Target;
  readonly dtype: Dtype;
}

export const CHOICES: readonly Choice[] = TARGETS.flatMap((target) => DTYPES.map((dtype) => ({ target, dtype })));

/**
 * Some `count` of all choices; from turn to turn and from commit to commit others, so that in time every family has been seen in every dtype.
 * Everything where `RASPC_TESTS=all` asks for it.
 */
export function choicesInTurn(turn: number, count: number): readonly Choice[] {
  return someOf(CHOICES, count, turn);
}

export interface Job {
  readonly name: string;
  /** Of the source. */
  readonly file: string;
  readonly context: number;
  /** Inputs made to break things, and as many random ones. */
  readonly samples: number;
  readonly choices: readonly Choice[];
  /** What models compute in, where it is not float32. */
  readonly compute?: Dtype;
}

export interface Compiled extends Choice {
  readonly dir: string;
  readonly map: CircuitMap;
  readonly model: Model;
}

export interface Found {
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

export interface Outcome {
  readonly compiled: readonly Compiled[];
  readonly inputs: number;
  readonly found: Promise<readonly Found[]>;
}

/** At most so many inputs have their logits compared with the runtime's. */
const WITH_LOGITS = 6;
const PROMPTS = 2;

export class InTransformers {
  readonly folder = mkdtempSync(join(tmpdir(), 'raspc-matrix-'));
  readonly #python: PythonServer = startPython('check_matrix.py');
  #last: Promise<unknown> = Promise.resolve();

  close(): void {
    this.#python.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One source is compiled after the other, while Python works on those before. */
  run(job: Job): Promise<Outcome> {
    const outcome = this.#last.then(() => this.#prepare(job));
    // a test waits for each; one that fails must not stop the others
    this.#last = outcome.then(() => setImmediate()).catch(() => {});
    return outcome;
  }

  async compileAll({ name, file, context, choices, compute = 'f32' }: Job): Promise<Compiled[]> {
    const compiled: Compiled[] = [];
    for (const { target, dtype } of choices) {
      const dir = join(this.folder, `${name}-${context}-${target.name}-${dtype}-${compute}`);
      const argv = ['--target', target.name, '--dtype', dtype, '--compute', compute, '--context', String(context), '-o', dir];
      // one dtype in shards: an engine has to find the same tensors either way
      const shards = dtype === 'bf16' ? ['--max-shard-size', '20KB'] : [];
      const { code, stderr } = await cli(['compile', file, ...argv, ...shards]);
      // a causal family refuses what looks ahead, and any what its numbers cannot tell apart
      if (code === 1 && /^error\[R(4008|5|6|7501)/m.test(stderr)) continue;
      expect([name, target.name, dtype, code, stderr]).toEqual([name, target.name, dtype, 0, expect.any(String)]);
      compiled.push({ target, dtype, dir, map: readCircuitMap(diskFolder(dir)), model: openModel(diskFolder(dir)) });
    }
    return compiled;
  }

  async #prepare(job: Job): Promise<Outcome> {
    const compiled = await this.compileAll(job);
    const [first] = compiled;
    if (first === undefined) return { compiled, inputs: 0, found: Promise.resolve([]) };
    const { cases } = folderCases(first.dir, job.samples);
    const casesFile = join(this.folder, `${job.name}-${job.context}.json`);
    writeFileSync(casesFile, jsonText(casesData(first.map, cases)));
    const models = compiled.map((each) => modelData(each, cases));
    const found = this.#python.run(JSON.stringify({ cases: casesFile, models })) as Promise<readonly Found[]>;
    return { compiled, inputs: cases.length, found };
  }
}

function modelData({ dir, map, target, dtype, model }: Compiled, cases: readonly FolderCase[]) {
  const inputs = withIds(cases.slice(-WITH_LOGITS), map).map((ids) => Int32Array.from(ids));
  const logits = [model, openModel(diskFolder(dir), 'f64')].map((each, i) => {
    const path = `${dir}.logits${i}`;
    writeFileSync(path, Buffer.concat(each.logits(inputs).map((values) => Buffer.from(Float64Array.from(values).buffer))));
    return path;
  });
  // of several outputs any may have the largest logit
  const goesOn = target.traits.output === 'language-model' && dtype === 'f32' && map.outputs.length === 1;
  const prompts = goesOn ? inputs.filter(({ length }) => length + 3 <= model.config.sizes.positions).slice(-PROMPTS) : [];
  // what is no input means nothing as one: there it ends with the first
  const steps = givesTokens(map) ? 3 : 1;
  const generate = prompts.map((ids) => ({ ids: [...ids], next: continued(model, ids, steps) }));
  return { dir, logits, count: inputs.length, tokenizer: target.tokenizerClass, generate };
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
export async function checkFound(source: string, part: string, { compiled, inputs, found }: Outcome): Promise<EngineResult[]> {
  const all = await found;
  for (const [i, each] of all.entries()) {
    const { target, dtype, map } = compiled[i] as Compiled;
    const name = `${source} as ${target.name} in ${dtype}`;
    expect([name, each.loading, each.dtype]).toEqual([name, [], 'torch.float32']);
    expect([name, each.mismatches, each.first]).toEqual([name, { float32: 0, float64: 0 }, null]);
    expect([name, each.tokenizer, each.generate]).toEqual([name, 0, 0]);
    // what decides is in both engines within the certificate's bound of the ideal
    const errorBound = map.certificate.errorBound as number;
    expect(each.deciding.float32, name).toBeLessThanOrEqual(2 * errorBound);
    expect(each.relative.float32, name).toBeLessThanOrEqual(Math.max(1e-3, 2 * errorBound));
    const isExact = !computesPartlyInFloat32(target);
    expect(each.relative.float64, name).toBeLessThanOrEqual(isExact ? 1e-9 : Math.max(1e-3, 2 * errorBound));
  }
  return all.flatMap(({ mismatches, difference }, i) => {
    const { target, dtype } = compiled[i] as Compiled;
    return (['float32', 'float64'] as const).map((arithmetic) => ({
      program: source,
      target: target.name,
      dtype,
      part,
      engine: `transformers ${arithmetic}`,
      inputs,
      mismatches: mismatches[arithmetic],
      difference: difference[arithmetic],
    }));
  });
}

/** The numbers of one part of the suite, of which `npm run interop-table` makes the tables of docs/results/interop.md. */
export function saveResults(name: string, results: readonly EngineResult[]): void {
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  writeFileSync(join(RESULTS_FOLDER, `${name}.json`), JSON.stringify(results));
}
