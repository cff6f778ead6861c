/**
 * Programs × targets × stored dtypes (a dozen models of each program a run, `RASPC_TESTS=all` every one) in engines that no one here wrote: transformers, and llama.cpp where a GGUF file can hold
 * the model. `npm run interop-table` puts the numbers into docs/results/interop.md.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EngineResult, FIRST_PART } from '../../scripts/documents/interop-table.ts';
import { cli } from '../cli/run-cli.ts';
import { llamaCppMissing, runInLlamaCpp } from '../llama-cpp/llama-cpp.ts';
import { folderCases, withIds, wrongOutputs } from '../support/folder-cases.ts';
import {
  CHOICES,
  type Choice,
  checkFound,
  choicesInTurn,
  InTransformers,
  type Job,
  type Outcome,
  PROGRAMS,
  saveResults,
} from './in-transformers.ts';

const IN_LLAMA_CPP = 60;

const noLlamaCpp = llamaCppMissing();

const MODELS = 12;

/** BERT in float32 holds every program, so each is seen at least there. */
const choicesOf = (turn: number): Choice[] => {
  const home = CHOICES.filter(({ target, dtype }) => target.name === 'bert' && dtype === 'f32');
  return [...new Set([...home, ...choicesInTurn(turn, MODELS)])];
};

const jobOf = (program: string): Job => ({
  name: program,
  file: `programs/${program}.rasp`,
  context: 16,
  samples: 600,
  choices: choicesOf(PROGRAMS.indexOf(program)),
});

let engine: InTransformers;
const outcomes = new Map<string, Promise<Outcome>>();
const outcomeOf = (program: string) => outcomes.get(program) as Promise<Outcome>;
const results: EngineResult[] = [];

beforeAll(() => {
  engine = new InTransformers();
  for (const program of PROGRAMS) outcomes.set(program, engine.run(jobOf(program)));
});

afterAll(() => {
  engine.close();
  saveResults('matrix', results);
});

describe.each(PROGRAMS)('%s', (program) => {
  test('in transformers', async () => {
    const outcome = await outcomeOf(program);
    // every program has a family that holds it
    expect(outcome.compiled.some(({ target, dtype }) => target.name === 'bert' && dtype === 'f32')).toBe(true);
    results.push(...(await checkFound(program, FIRST_PART, outcome)));
  });

  test.skipIf(noLlamaCpp !== null)(noLlamaCpp === null ? 'in llama.cpp' : `not in llama.cpp: ${noLlamaCpp}`, async () => {
    const { compiled } = await outcomeOf(program);
    const held = compiled.filter(isHeld);
    if (held[0] === undefined) return;
    const { cases } = folderCases(held[0].dir, IN_LLAMA_CPP / 2);
    // for 16-bit arithmetic, which is what llama.cpp does unless told otherwise
    const families = [...new Set(held.map(({ target }) => target))];
    const choices = families.map((target) => ({ target, dtype: 'f16' as const }));
    const half = await engine.compileAll({ ...jobOf(program), choices, compute: 'f16' });
    const jobs = [...held.map((each) => ({ each, exact: true })), ...half.filter(isHeld).map((each) => ({ each, exact: false }))].map(
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
      const settings = exact ? 'llama.cpp, f32 cache' : 'llama.cpp, its own settings';
      results.push({
        program,
        target: target.name,
        dtype,
        part: FIRST_PART,
        engine: settings,
        inputs: cases.length,
        mismatches,
        difference,
      });
      expect([name, settings, mismatches]).toEqual([name, settings, 0]);
      const largest = Math.max(1, ...ours.map((each) => largestDifference([each], [new Float32Array(each.length)])));
      // rounding is what a compiled model amplifies; random models are held to 1e-5
      if (exact) expect(difference / largest, name).toBeLessThan(1e-3);
    }
  });
});

/** Whether llama.cpp's file can say the model. */
function isHeld({ target: { gguf }, model }: Outcome['compiled'][number]): boolean {
  const { heads, dim, width } = model.config.sizes;
  return gguf !== null && gguf.activation === model.config.traits.activation && (!gguf.headsFillWidth || heads * dim === width);
}

function largestDifference(ours: readonly ArrayLike<number>[], theirs: readonly ArrayLike<number>[]): number {
  let largest = 0;
  for (const [i, logits] of ours.entries()) {
    for (let j = 0; j < logits.length; j++) largest = Math.max(largest, Math.abs((logits[j] as number) - (theirs[i]?.[j] as number)));
  }
  return largest;
}
