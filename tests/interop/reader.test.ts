/** python/raspc reads compiled folders: runs, decodes and patches them, and every intervention gives what the program's meaning says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

/** `RASPC_INTERVENTIONS=1000` for as many on each model; the everyday ones are a sample of them. */
const INTERVENTIONS = Number(process.env.RASPC_INTERVENTIONS ?? '60');
const PROGRAMS = ['hist', 'double_hist', 'previous_token'];
const MODELS = ['gpt2', 'llama', 'gpt-neox', 'bert', 'distilbert'].flatMap((target) => PROGRAMS.map((program) => ({ target, program })));

let folder: string;
let results: readonly Found[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-reader-'));
  const inputs = Array.from({ length: 16 }, (_, i) =>
    Array.from({ length: 3 + (i % 4) }, (_, k) => 'abcd'[(i * 7 + k * k * 5 + (i % 3) * k) % 4]),
  );
  const jobs: object[] = [];
  for (const { target, program } of MODELS) {
    const output = join(folder, `${program}-${target}`);
    const argv = [
      'compile',
      `programs/${program}.rasp`,
      '--target',
      target,
      '--context',
      '6',
      '--vocab',
      '["a","b","c","d"]',
      '-o',
      output,
    ];
    const { code, stderr } = await cli(argv);
    expect([code, stderr.replace(/^note: .*\n/gm, '')]).toEqual([0, '']);
    jobs.push({ folder: output, inputs, interventions: INTERVENTIONS });
  }
  results = pythonJob('check_reader.py', JSON.stringify(jobs)) as Found[];
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(MODELS.map((model, number) => ({ ...model, number })))('$program on $target', ({ number }) => {
  const found = results[number] as Found;
  expect(found.right).toBe(found.runs);
  expect(found.decodedRight).toBe(found.decoded);
  expect(found.decoded).toBeGreaterThan(60);
  // wherever it lives, and what its heads attend to beside BOS
  expect(found.placesRight).toBe(found.places);
  expect(found.places).toBeGreaterThanOrEqual(found.runs);
  expect(found.rowsRight).toBe(found.rows);
  expect(found.rows).toBeGreaterThan(60);
  expect(found.interventions).toBe(INTERVENTIONS);
  expect(found.wrong).toEqual([]);
  expect(found.exact / found.interventions).toBeGreaterThanOrEqual(0.999);
});
