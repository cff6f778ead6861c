/** python/raspc reads compiled folders: runs, decodes and patches them, and every intervention gives what the program's meaning says. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TARGETS } from '../../src/targets/registry.ts';
import { cli } from '../cli/run-cli.ts';
import { pythonJob } from './python.ts';

interface Found {
  readonly runs: number;
  readonly right: number;
  readonly decoded: number;
  readonly decodedRight: number;
  readonly places: number;
  readonly placesRight: number;
  readonly rows: number;
  readonly rowsRight: number;
  readonly interventions: number;
  readonly exact: number;
  readonly wrong: readonly unknown[];
}

/** `RASPC_INTERVENTIONS=1000` for as many on each model, of every program; the everyday ones are a sample of them. */
const INTERVENTIONS = Number(process.env.RASPC_INTERVENTIONS ?? '60');
const MAIN = ['gpt2', 'llama', 'gpt-neox', 'bert'];
const LETTERS = ['--context', '6', '--vocab', '["a","b","c","d"]'];
const PROGRAMS = ['hist', 'double_hist', 'previous_token'];
const MODELS: readonly { readonly target: string; readonly program: string; readonly argv: readonly string[] }[] = [
  ...MAIN.flatMap((target) => PROGRAMS.map((program) => ({ target, program, argv: LETTERS }))),
  // every other family once
  ...TARGETS.filter(({ name }) => !MAIN.includes(name)).map(({ name }) => ({ target: name, program: 'double_hist', argv: LETTERS })),
  ...(process.env.RASPC_INTERVENTIONS === undefined ? [] : everyOtherProgram()),
];

/** In their own vocabularies, at 8 positions. */
function everyOtherProgram(): { target: string; program: string; argv: string[] }[] {
  const others = readdirSync('programs').flatMap((file) => (file.endsWith('.rasp') ? [file.slice(0, -'.rasp'.length)] : []));
  return MAIN.flatMap((target) =>
    others.filter((program) => !PROGRAMS.includes(program)).map((program) => ({ target, program, argv: ['--context', '8'] })),
  );
}

let folder: string;
const compiled: string[] = [];
let results: readonly Found[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-reader-'));
  const inputs = Array.from({ length: 16 }, (_, i) =>
    Array.from({ length: 3 + (i % 4) }, (_, k) => 'abcd'[(i * 7 + k * k * 5 + (i % 3) * k) % 4]),
  );
  const jobs: object[] = [];
  for (const { target, program, argv } of MODELS) {
    const output = join(folder, `${program}-${target}`);
    const { code, stderr } = await cli(['compile', `programs/${program}.rasp`, '--target', target, ...argv, '-o', output]);
    // what looks ahead is refused by a causal family
    if (stderr.includes('R4008')) continue;
    expect([program, target, code, stderr.replace(/^note: .*\n/gm, '')]).toEqual([program, target, 0, '']);
    compiled.push(`${program} on ${target}`);
    jobs.push({ folder: output, inputs: argv === LETTERS ? inputs : null, interventions: INTERVENTIONS });
  }
  results = pythonJob('check_reader.py', JSON.stringify(jobs)) as Found[];
}, 3_600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.for(MODELS)('$program on $target', ({ program, target }, { skip }) => {
  const found = results[compiled.indexOf(`${program} on ${target}`)];
  if (found === undefined) return skip();
  expect(found.right).toBe(found.runs);
  expect(found.decodedRight).toBe(found.decoded);
  expect(found.decoded).toBeGreaterThan(0);
  // wherever it lives, and what its heads attend to beside BOS
  expect(found.placesRight).toBe(found.places);
  expect(found.places).toBeGreaterThanOrEqual(found.runs);
  expect(found.rowsRight).toBe(found.rows);
  expect(found.interventions).toBe(INTERVENTIONS);
  expect(found.exact / found.interventions).toBeGreaterThanOrEqual(0.999);
});
