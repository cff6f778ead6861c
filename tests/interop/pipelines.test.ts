/** A newcomer's path: the folder of each target given to transformers' pipelines and to nothing else. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TARGETS } from '../../src/targets/registry.ts';
import { cli } from '../cli/run-cli.ts';
import { pythonJob } from './python.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-pipelines-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('text goes on as the program says, tokens get its values', async () => {
  const jobs = [];
  for (const { name, traits } of TARGETS) {
    const goesOn = traits.output === 'language-model';
    const dir = join(folder, name);
    const program = `programs/${goesOn ? 'induction' : 'hist'}.rasp`;
    expect((await cli(['compile', program, '--target', name, '--context', '10', '-o', dir])).code).toBe(0);
    jobs.push({ dir, task: goesOn ? 'text-generation' : 'token-classification', text: goesOn ? 'abcab' : 'hello' });
  }
  const found = pythonJob('check_pipelines.py', JSON.stringify(jobs)) as unknown[];
  const expected = TARGETS.map(({ traits }) => (traits.output === 'language-model' ? 'abcabcabca' : ['1', '1', '1', '2', '1']));
  expect(Object.fromEntries(TARGETS.map(({ name }, i) => [name, found[i]]))).toEqual(
    Object.fromEntries(TARGETS.map(({ name }, i) => [name, expected[i]])),
  );
});
