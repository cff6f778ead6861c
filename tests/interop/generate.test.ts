/**
 * The programs of programs/generate as decoders in other engines: transformers' own `generate()`, with its cache and the folder's
 * generation_config.json, and llama.cpp. All write what the interpreter does, and end where the program halts.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCircuitMap } from '../../src/checkpoint/map/read-circuit-map.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { generate } from '../../src/graph/evaluate/generate.ts';
import type { Program } from '../../src/graph/program.ts';
import { type Value, valuesEqual } from '../../src/graph/value.ts';
import { parseInput } from '../../src/library/parse-input.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../src/targets/families/rms-norm/llama.ts';
import { cli } from '../cli/run-cli.ts';
import { type LlamaCppJob, llamaCppMissing, runInLlamaCpp } from '../llama-cpp/llama-cpp.ts';
import { modelToCheck } from '../support/check-model.ts';
import { inTurn } from '../support/sampling.ts';
import { diskFolder } from '../unit/runtime/disk-folder.ts';
import { pythonJob } from './python.ts';

const FOLDER = 'programs/generate';
const noLlamaCpp = llamaCppMissing();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-generate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Decoder {
  readonly name: string;
  readonly dir: string;
  readonly prompts: readonly { readonly ids: readonly number[]; readonly most: number }[];
  /** Ids that the engines have to append to each. */
  readonly expected: readonly (readonly number[])[];
}

/** A program as a model's folder and as a GGUF file, with runs; null where the family does not have it exactly. */
async function compiled(
  file: string,
  target: string,
  expectedOf: (program: Program) => [Value[], readonly Value[]][],
): Promise<Decoder | null> {
  const name = `${file.replace(/^.*\//, '').replace('.rasp', '')}-${target}`;
  const dir = join(folder, name);
  const { code, stderr } = await cli(['compile', file, '--target', target, '-o', dir]);
  // another refusal than one for reasons of precision is a fault
  if (code === 1 && /^error\[R6/m.test(stderr)) return null;
  expect([name, code, stderr]).toEqual([name, 0, expect.any(String)]);
  expect((await cli(['export', dir, '-o', `${dir}.gguf`])).code).toBe(0);
  const map = readCircuitMap(diskFolder(dir));
  const program = loadProgram({ file: sourceFile(file, readFileSync(file, 'utf8')), loader: () => null });
  const idOf = (value: Value) => map.vocabulary.find((token) => valuesEqual(token.value, value))?.id as number;
  const runs = expectedOf(program);
  return {
    name,
    dir,
    prompts: runs.map(([input]) => ({ ids: [map.bos.id, ...input.map(idOf)], most: map.context - input.length })),
    expected: runs.map(([, output]) => output.map(idOf)),
  };
}

function engines(decoders: readonly Decoder[]): void {
  const jobs = decoders.map(({ dir, prompts }) => ({ dir, prompts: prompts.map(({ ids }) => ids) }));
  const inTransformers = pythonJob('check_generate.py', JSON.stringify(jobs)) as number[][][];
  const llamaJobs = decoders.map(({ dir, prompts }): LlamaCppJob => ({ file: `${dir}.gguf`, vocab: 0, inputs: [], prompts }));
  const inLlamaCpp = noLlamaCpp === null ? runInLlamaCpp(llamaJobs) : [];
  for (const [i, { name, expected }] of decoders.entries()) {
    expect([name, 'transformers', inTransformers[i]]).toEqual([name, 'transformers', expected]);
    if (noLlamaCpp === null) expect([name, 'llama.cpp', inLlamaCpp[i]?.written]).toEqual([name, 'llama.cpp', expected]);
  }
}

test("programs/generate in transformers' generate() and in llama.cpp", async () => {
  const decoders: Decoder[] = [];
  for (const [turn, target] of ['gpt2', 'llama'].entries()) {
    for (const file of inTurn(readdirSync(FOLDER), 3, turn)) {
      const text = readFileSync(join(FOLDER, file), 'utf8');
      const decoder = await compiled(join(FOLDER, file), target, (program) => {
        const { generation, vocabulary, context } = program;
        if (generation === null || vocabulary?.kind !== 'tokens' || context === null) throw new Error(`${file} does not generate`);
        return [...text.matchAll(/^# Run: (\S+) /gm)].map(([, written = '']) => {
          const input = parseInput(written, { vocabulary: vocabulary.values, context: context.length });
          return [[...input], generate(program, generation, input, { context: context.length, most: context.length }).output];
        });
      });
      if (decoder !== null) decoders.push(decoder);
    }
  }
  expect(decoders.length).toBeGreaterThan(2);
  engines(decoders);
});

/** Registers of the long run: enough that it never comes to its end. */
const REGISTERS = 14;
const LONG = 10_000;

test(`a run of ${LONG} tokens, each by the latest write at an address`, async () => {
  const source = readFileSync(join(FOLDER, 'registers.rasp'), 'utf8');
  const tokens = Array.from({ length: 2 * REGISTERS }, (_, i) => i);
  const file = join(folder, 'long_registers.rasp');
  const changed = source
    .replace(/@vocab .*;/, `@vocab ${JSON.stringify(tokens)};`)
    .replace(/@context .*;/, `@context ${LONG + 1};`)
    .replace('% 8;', `% ${REGISTERS};`)
    .replace(/^@example .*$/m, '');
  writeFileSync(file, changed);
  // by arithmetic alone: each number is counted up, from register 0
  const expected: Value[] = [];
  const bits = new Array<number>(REGISTERS).fill(0);
  bits[0] = 1;
  for (let register = 0; expected.length < LONG; ) {
    const written = 1 - (bits[register] as number);
    bits[register] = written;
    expected.push(BigInt(2 * register + written));
    register = written === 1 ? 0 : register + 1;
  }
  const decoders: Decoder[] = [];
  for (const family of [gpt2, llama]) {
    const decoder = await compiled(file, family.name, () => [[[1n], expected]]);
    if (decoder === null) throw new Error(`${family.name} does not have it exactly`);
    decoders.push(decoder);
    const { stdout } = await cli(['generate', decoder.dir, '--input', '[1]', '--format', 'json']);
    expect((JSON.parse(stdout) as { results: { output: number[] }[] }).results[0]?.output).toEqual(expected.map(Number));
    // proven for every input of this length, from the bytes; `verify` would try hundreds of them besides
    const { check } = modelToCheck(changed, { target: family });
    expect(check()).toMatchObject({ kind: 'checked', holds: true });
  }
  engines(decoders);
});
