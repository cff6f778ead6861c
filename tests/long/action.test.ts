/** The scripts of action.yml, run by a shell as GitHub runs them, on a folder with programs and a locked model. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { build } from '../build.ts';

let folder: string;
const raspc = (...argv: string[]) => execFileSync(process.execPath, [resolve('bin/raspc.js'), ...argv], { cwd: folder });
beforeAll(async () => {
  await build();
  folder = mkdtempSync(join(tmpdir(), 'raspc-action-'));
  mkdirSync(join(folder, 'programs'));
  for (const name of ['hist', 'length']) cpSync(`programs/${name}.rasp`, join(folder, `programs/${name}.rasp`));
  raspc('compile', 'programs/hist.rasp', '-o', 'out/hist');
  raspc('lock', 'out/hist');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const steps: readonly { readonly name?: string; readonly run?: string }[] = parse(readFileSync('action.yml', 'utf8')).runs.steps;

function run(name: string, environment: Readonly<Record<string, string>>): { status: number | null; stdout: string } {
  const script = steps.find((step) => step.name === name)?.run ?? '';
  const env = { ...process.env, GITHUB_ACTION_PATH: resolve('.'), ...environment };
  return spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], { cwd: folder, env, encoding: 'utf8' });
}

test('checks programs, with and without warnings', () => {
  expect(run('check', { PROGRAMS: 'programs/*.rasp', DENY: 'true' }).status).toBe(0);
  writeFileSync(join(folder, 'odd.rasp'), 'x = 1 <= indices <= 3;\n@export x;\n');
  const denied = run('check', { PROGRAMS: 'odd.rasp', DENY: 'true' });
  expect(denied.status).toBe(1);
  expect(denied.stdout).toMatch(/^::warning file=odd.rasp,line=1/);
  expect(run('check', { PROGRAMS: 'odd.rasp', DENY: 'false' }).status).toBe(0);
});

test('verifies what was locked, and keeps the report', () => {
  expect(run('verify', { MODELS: 'out/hist', BUDGET: '1s' })).toMatchObject({ status: 0 });
  expect(run('report', { MODELS: 'out/hist' }).status).toBe(0);
  expect(readFileSync(join(folder, 'raspc-junit.xml'), 'utf8')).toMatch(/<testsuites?\b/);
  writeFileSync(join(folder, 'programs/hist.rasp'), `${readFileSync(join(folder, 'programs/hist.rasp'), 'utf8')}# changed\n`);
  expect(run('verify', { MODELS: 'out/hist', BUDGET: '1s' }).status).toBe(1);
});
