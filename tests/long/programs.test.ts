/** Every causal program at contexts 32 and 128, on ten thousand random inputs of every length or on all there are. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../cli/run-cli.ts';

const causal = readdirSync('programs')
  .filter((name) => name.endsWith('.rasp'))
  .filter((name) => readFileSync(`programs/${name}`, 'utf8').includes('@causal;'));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-programs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
  });
});
