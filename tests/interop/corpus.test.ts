/**
 * The corpus in transformers, at 16, 64 and 128 positions: on GPT-2, or BERT where a program looks both ways, and on one more family in turn.
 * Its oracles are held to the interpreter in tests/corpus. A run takes eight of the programs, `RASPC_TESTS=all` all of them.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EngineResult } from '../../scripts/documents/interop-table.ts';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { CORPUS } from '../corpus/corpus.ts';
import type { CorpusProgram } from '../corpus/corpus-program.ts';
import { textOf } from '../corpus/try-program.ts';
import { someOf } from '../support/sampling.ts';
import { CHOICES, type Choice, checkFound, InTransformers, type Job, type Outcome, saveResults } from './in-transformers.ts';

const CONTEXTS = [16, 64, 128];
const PROGRAMS = 8;

const single = CHOICES.filter(({ dtype }) => dtype === 'f32');

function choicesOf({ causal }: CorpusProgram, turn: number): readonly Choice[] {
  const home = causal ? gpt2 : bert;
  const others = single.filter(({ target }) => target !== home && (target.traits.attention === 'causal') === causal);
  return [{ target: home, dtype: 'f32' }, ...someOf(others, 1, turn)];
}

interface CorpusJob extends Job {
  readonly program: CorpusProgram;
}

const jobs = someOf(CORPUS, PROGRAMS, 0).flatMap((program, turn) =>
  CONTEXTS.map((context): Omit<CorpusJob, 'file'> => {
    return { name: program.name, program, context, samples: Math.ceil(500 / context), choices: choicesOf(program, turn) };
  }),
);
const outcomes = new Map<(typeof jobs)[number], Promise<Outcome>>();
let engine: InTransformers;
const results: EngineResult[] = [];

beforeAll(() => {
  engine = new InTransformers();
  for (const job of jobs) {
    const file = join(engine.folder, `${job.name}-${job.context}.rasp`);
    writeFileSync(file, textOf(job.program, job.context));
    outcomes.set(job, engine.run({ ...job, file }));
  }
});

afterAll(() => {
  engine.close();
  saveResults('corpus', results);
});

test.each(jobs.map((job) => [job.name, job.context, job] as const))('%s at %i', async (name, context, job) => {
  const outcome = await (outcomes.get(job) as Promise<Outcome>);
  // the first choice is never refused: tests/corpus and tests/long
  expect(outcome.compiled[0]?.target).toBe(job.choices[0]?.target);
  results.push(...(await checkFound(name, `the corpus at ${context}`, outcome)));
  for (const { dir } of outcome.compiled) rmSync(dir, { recursive: true });
});
