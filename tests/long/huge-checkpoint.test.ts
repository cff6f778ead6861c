/**
 * Twenty gigabytes in one file (`RASPC_HUGE` bytes, if given): every number of it is looked at, and the model verified as far as a budget
 * allows, in 200 MB of memory. (large-checkpoint.test.ts has five gigabytes that are no zeros.)
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build } from '../build.ts';
import { cli } from '../cli/run-cli.ts';
import { writeSparseCheckpoint } from '../support/sparse-checkpoint.ts';

const BYTES = Number(process.env.RASPC_HUGE ?? 20e9);
/** 200 MB is what is aimed at (150 and 186 were measured); how late memory is collected differs between machines by an eighth. */
const MOST_KB = 225_000;

let folder: string;
let layers: number;

beforeAll(async () => {
  await build();
  folder = mkdtempSync(join(tmpdir(), 'raspc-huge-'));
  expect((await cli(['compile', 'programs/hist.rasp', '--context', '16', '-o', join(folder, 'small')])).code).toBe(0);
  layers = writeSparseCheckpoint(join(folder, 'small'), join(folder, 'huge'), BYTES);
  expect(statSync(join(folder, 'huge/model.safetensors')).size).toBeGreaterThan(BYTES);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command in a process of its own, as people do. */
async function measured(...argv: string[]): Promise<{ readonly stdout: string; readonly peak: number }> {
  const report = resolve(import.meta.dirname, 'report-memory.mjs');
  const start = performance.now();
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', report, 'bin/raspc.js', ...argv], {
    maxBuffer: 2 ** 28,
  });
  const peak = Number(/peak memory (\d+) kB/.exec(stderr)?.[1]);
  console.log(`${argv[0]}: ${Math.round(peak / 1000)} MB at most, ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return { stdout, peak };
}

/** Minutes: twenty gigabytes of numbers are looked at. */
const PATIENCE = 1_800_000;

test('inspect', { timeout: PATIENCE }, async () => {
  const { stdout, peak } = await measured('inspect', join(folder, 'huge'), '--format', 'json');
  expect(JSON.parse(stdout)).toMatchObject({ layers, problem: null, nonfinite: 0 });
  expect(peak).toBeLessThan(MOST_KB);
});

test('verify, within a budget', { timeout: PATIENCE }, async () => {
  const { stdout, peak } = await measured(
    'verify',
    join(folder, 'huge'),
    '--budget',
    '2s',
    '--format',
    'json',
    '--map',
    join(folder, 'small/raspc.json'),
  );
  const report = JSON.parse(stdout) as { checked: number; failed: number; circuits: unknown[] };
  expect(report).toMatchObject({ failed: 0, circuits: expect.any(Array) });
  expect(report.checked).toBeGreaterThan(0);
  expect(peak).toBeLessThan(MOST_KB);
});
