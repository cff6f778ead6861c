/** Five gigabytes in shards, read a piece at a time: inspected, evaluated and verified in 300 MB of memory. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build } from '../build.ts';
import { cli } from '../cli/run-cli.ts';
import { writeLargeCheckpoint } from '../support/large-checkpoint.ts';

const BYTES = 5e9;
const MOST_KB = 300_000;
/** Many layers rather than wide ones: what is computed is held a layer at a time. */
const LAYERS = 800;

let folder: string;

beforeAll(async () => {
  await build();
  folder = mkdtempSync(join(tmpdir(), 'raspc-large-'));
  expect((await cli(['compile', 'programs/hist.rasp', '--context', '16', '-o', join(folder, 'small')])).code).toBe(0);
  const bytes = writeLargeCheckpoint(join(folder, 'small'), join(folder, 'large'), { layers: LAYERS, hidden: 100_000, maxShardBytes: 1e9 });
  expect(bytes).toBeGreaterThan(BYTES);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command in a process of its own, as people do. */
async function measured(...argv: string[]): Promise<{ readonly stdout: string; readonly peak: number }> {
  const report = resolve(import.meta.dirname, 'report-memory.mjs');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', report, 'bin/raspc.js', ...argv], {
    maxBuffer: 2 ** 28,
  });
  const peak = Number(/peak memory (\d+) kB/.exec(stderr)?.[1]);
  console.log(`${argv[0]}: ${Math.round(peak / 1000)} MB at most`);
  return { stdout, peak };
}

test('inspect', async () => {
  const { stdout, peak } = await measured('inspect', join(folder, 'large'), '--format', 'json');
  expect(JSON.parse(stdout)).toMatchObject({ layers: LAYERS, problem: null, nonfinite: 0 });
  expect(JSON.parse(stdout).files.length).toBeGreaterThan(4);
  expect(peak).toBeLessThan(MOST_KB);
});

test('eval', async () => {
  const { stdout, peak } = await measured('eval', join(folder, 'large'), '--input', 'hello');
  expect(stdout).toMatch(/^hist\("hello"\) = \[1, 1, 1, 2, 1\]/);
  expect(peak).toBeLessThan(MOST_KB);
});

test('verify', async () => {
  const { stdout, peak } = await measured('verify', join(folder, 'large'), '--samples', '50');
  expect(stdout).toContain('no mismatch');
  expect(peak).toBeLessThan(MOST_KB);
});
