/**
 * Programs at 64 positions and at the longest context up to 128 that docs/results/precision.md claims, in transformers: rounding grows with the
 * context, so that a certificate that is too good shows here. A run takes six models of each program, `RASPC_TESTS=all` all of them.
 */
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineResult } from '../../scripts/documents/interop-table.ts';
import { PRECISIONS, type PrecisionCell, RESULTS_FILE } from '../../scripts/documents/precision-table.ts';
import {
  type Choice,
  checkFound,
  choicesInTurn,
  InTransformers,
  type Job,
  type Outcome,
  PROGRAMS,
  saveResults,
} from './in-transformers.ts';

const cells = JSON.parse(readFileSync(RESULTS_FILE, 'utf8')) as PrecisionCell[];

/** Beyond this a model takes seconds to be planned and to run, of which a suite with a budget has too few: tests/long plans them. */
const LONGEST = 128;

/** Null where nothing is claimed beyond 64. */
function longestOf(program: string, { target, dtype }: Choice): number | null {
  const precision = PRECISIONS.find(({ stored, computed }) => stored === dtype && computed === 'f32')?.name;
  const cell = cells.find((c) => c.program === program && c.target === target.name && c.precision === precision);
  return cell?.longest != null && cell.longest > 64 ? Math.min(cell.longest, LONGEST) : null;
}

function jobsOf(program: string, turn: number): Job[] {
  const choices = choicesInTurn(turn, 6);
  const contexts = new Map<number, Choice[]>([[64, [...choices]]]);
  for (const choice of choices) {
    const longest = longestOf(program, choice);
    if (longest !== null) contexts.set(longest, [...(contexts.get(longest) ?? []), choice]);
  }
  return [...contexts].map(([context, own]) => ({
    name: program,
    file: `programs/${program}.rasp`,
    context,
    samples: Math.ceil(1000 / context),
    choices: own,
  }));
}

const jobs = PROGRAMS.flatMap(jobsOf);
const outcomes = new Map<Job, Promise<Outcome>>();
let engine: InTransformers;
const results: EngineResult[] = [];

beforeAll(() => {
  engine = new InTransformers();
  for (const job of jobs) outcomes.set(job, engine.run(job));
});

afterAll(() => {
  engine.close();
  saveResults('longer', results);
});

describe.each(PROGRAMS)('%s', (program) => {
  const own = jobs.filter(({ name }) => name === program);

  test.each(own.map((job) => [job.context, job] as const))('at %i', async (context, job) => {
    const outcome = await (outcomes.get(job) as Promise<Outcome>);
    // what is claimed is not refused
    if (context > 64) expect(outcome.compiled.length).toBe(job.choices.length);
    const part = context === 64 ? 'programs at 64' : 'programs at the longest';
    results.push(...(await checkFound(program, part, outcome)));
    for (const { dir } of outcome.compiled) rmSync(dir, { recursive: true });
  });
});
