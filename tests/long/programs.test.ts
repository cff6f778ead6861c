/**
 * Every causal program for gpt2 at contexts 32 and 128, on ten thousand random inputs of every length or on all there are; and every
 * program for eight of the other targets that can hold it, others from commit to commit (`RASPC_TESTS=all`: every one).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textTable } from '../../src/cli/terminal/text/text-table.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { cli } from '../cli/run-cli.ts';
import { someOf } from '../support/sampling.ts';

const all = readdirSync('programs').filter((name) => name.endsWith('.rasp'));
const causal = all.filter((name) => readFileSync(`programs/${name}`, 'utf8').includes('@causal;'));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-programs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How sure each model was, at its worst. */
const measured: string[][] = [['program', 'context', 'inputs', 'worst margin', 'largest error']];
afterAll(() => console.log(`\n${textTable(measured).join('\n')}\n`));

describe.each([32, 128])('at context %i', (context) => {
  test.each(causal)('programs/%s', async (file) => {
    const out = join(folder, `${file}-${context}`);
    const compiled = await cli(['compile', `programs/${file}`, '--context', String(context), '-o', out, '--quiet']);
    expect([compiled.code, compiled.stderr]).toEqual([0, '']);
    const { code, stdout } = await cli(['verify', out, '--format', 'json']);
    const report = JSON.parse(stdout) as { checked: number; failed: number; worstMargin: number | null; maxError: number | null };
    expect(report).toMatchObject({ failed: 0, counterexample: null });
    expect(code).toBe(0);
    expect(report.checked).toBeGreaterThanOrEqual(10_000);
    measured.push([
      file,
      String(context),
      String(report.checked),
      report.worstMargin?.toFixed(4) ?? '',
      report.maxError?.toExponential(1) ?? '',
    ]);
  });
});

const OTHERS = TARGETS.map(({ name }) => name).filter((name) => name !== 'gpt2');

/** So many that each program meets eight of the targets. */
function someFiles(target: string): string[] {
  const files = target === 'bert' ? all : causal;
  return someOf(files, (files.length * 8) / OTHERS.length, OTHERS.indexOf(target));
}

describe.each(OTHERS)('on %s at context 16', (target) => {
  const files = someFiles(target);
  test.each(files)('programs/%s', async (file) => {
    const out = join(folder, `${file}-${target}`);
    const compiled = await cli(['compile', `programs/${file}`, '--target', target, '--context', '16', '-o', out, '--quiet']);
    expect([compiled.code, compiled.stderr]).toEqual([0, '']);
    const { code, stdout } = await cli(['verify', out, '--samples', '1000', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ failed: 0, counterexample: null });
    expect(code).toBe(0);
  });
});
