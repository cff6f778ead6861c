/** studies/induction: what is committed follows from the committed results, and the training still runs. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { python } from './python.ts';

const STUDY = resolve(import.meta.dirname, '../../studies/induction');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-study-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(study: string): Record<string, string> {
  const figures = readdirSync(join(study, 'figures')).map((name) => join('figures', name));
  return Object.fromEntries(['README.md', ...figures].map((path) => [path, readFileSync(join(study, path), 'utf8')]));
}

test('the tables and figures are those that report.py makes of the results', () => {
  const copy = join(folder, 'induction');
  cpSync(STUDY, copy, { recursive: true });
  python(join(copy, 'report.py'));
  expect(written(copy)).toEqual(written(STUDY));
});

test('every arm starts: seeded by raspc, held and measured', () => {
  const results = readdirSync(join(STUDY, 'results', 'repeats'));
  python(join(STUDY, 'train.py'), 'repeats', '--seed', '1', '--steps', '2', '--work', folder);
  expect(readdirSync(join(STUDY, 'results', 'repeats'))).toEqual(results);
});
