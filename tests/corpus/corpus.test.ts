/**
 * Programs in as many idioms as people write, each against an oracle that is no RASP: what each means, and some of them compiled, proven and
 * run at 16 positions (others with each commit; `RASPC_CORPUS=all` for all of them; `npm run test:long` at 16, 64 and 128).
 */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { evaluator } from '../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../src/graph/evaluate/sequence.ts';
import type { SOp } from '../../src/graph/graph.ts';
import { valuesEqual } from '../../src/graph/value.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { seededRandom } from '../support/random.ts';
import { CORPUS } from './corpus.ts';
import { atomOf } from './corpus-program.ts';
import { textOf, tryProgram } from './try-program.ts';

const SAMPLED = 10;
const LENGTHS = [1, 2, 3, 5, 9];

function commitSeed(): number {
  try {
    return Number.parseInt(execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).slice(0, 7), 16);
  } catch {
    return 0;
  }
}

test('there are at least sixty, with names of their own', () => {
  expect(CORPUS.length).toBeGreaterThanOrEqual(60);
  expect(new Set(CORPUS.map(({ name }) => name)).size).toBe(CORPUS.length);
});

test.each(CORPUS.map((program) => [program.name, program] as const))('%s means what its oracle says', (_, program) => {
  const text = textOf(program, 16);
  const { exports } = loadProgram({ file: sourceFile('corpus.rasp', text), loader: () => null });
  const node = exports[0]?.node as SOp;
  const evaluate = evaluator([node], { causal: program.causal });
  const random = seededRandom(7);
  for (const length of [...LENGTHS, ...LENGTHS]) {
    const input = Array.from({ length }, () => program.vocabulary[Math.floor(random() * program.vocabulary.length)] as string);
    const { values } = evaluate(input).get(node) as Sequence;
    const said = program.oracle(input).map(atomOf);
    const wrong = values.findIndex((value, i) => !valuesEqual(value, said[i] ?? 'nothing'));
    expect({ input, wrong, values: wrong < 0 ? null : values, said: wrong < 0 ? null : said }).toMatchObject({ wrong: -1 });
  }
});

const random = seededRandom(commitSeed());
const sampled =
  process.env.RASPC_CORPUS === 'all' ? CORPUS : Array.from({ length: SAMPLED }, () => CORPUS[Math.floor(random() * CORPUS.length)]);

describe.each([...new Set(sampled)].map((program) => [program?.name, program] as const))('%s at 16', (_, program) => {
  test('is proven, and right', async () => {
    if (program === undefined) throw new Error('no program');
    const { holds, verified, check } = await tryProgram(program, 16, 60);
    expect(verified).toMatchObject({ failed: 0, counterexample: null });
    expect(holds).toBe(true);
    expect(check()).toMatchObject({ kind: 'checked', holds: true });
  });
});
