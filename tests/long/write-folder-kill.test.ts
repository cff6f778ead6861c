/** Kills real writers, as a person or a machine that goes down would. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { fileOfText } from '../../src/checkpoint/safetensors/write-safetensors.ts';
import { writeFolder } from '../../src/cli/files/write-folder.ts';
import { build } from '../build.ts';

let directory: string;

beforeAll(build);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'raspc-kill-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function write(mark: string): void {
  const files = [
    { path: 'config.json', content: fileOfText(mark) },
    { path: 'raspc.json', content: fileOfText('{}') },
  ];
  writeFolder('out/model', files, { directory, force: false });
}

const marked = () => readFileSync(join(directory, 'out/model/config.json'), 'utf8');
const entries = () => readdirSync(join(directory, 'out')).toSorted();

/** A process that replaces the model and stops for ever at one step: while it writes, or between the two renames. */
const writer = (step: 'write' | 'rename') => `
  import * as fs from 'node:fs';
  import { writeFolder } from ${JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../../dist/src/cli/write-folder.js')).href)};
  const stop = () => { fs.writeSync(1, 'ready'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); };
  const renameSync = (...names) => { fs.renameSync(...names); if (${step === 'rename'}) stop(); };
  function* chunks() { yield new TextEncoder().encode('half'); if (${step === 'write'}) stop(); yield new Uint8Array(4); }
  const files = [{ path: 'config.json', content: { size: 8, chunks } }];
  writeFolder('out/model', files, { directory: ${JSON.stringify(directory)}, force: true, fs: { ...fs, renameSync } });
`;

test.each([
  ['write', 1],
  ['rename', 2],
] as const)('killed at its %s, a writer leaves the old model, and the next write clears up', async (step, left) => {
  write('one');
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer(step)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((ready, failed) => {
    child.stdout.once('data', ready);
    child.once('exit', () => failed(new Error('the writer ended by itself')));
  });
  child.kill('SIGKILL');
  await new Promise((ended) => child.once('exit', ended));
  expect(entries().filter((entry) => entry.startsWith('.'))).toHaveLength(left);
  expect(() => write('two')).toThrow('R8504');
  expect(marked()).toBe('one');
  expect(entries()).toEqual(['model']);
});
