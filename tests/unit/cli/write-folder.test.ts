import * as nodeFs from 'node:fs';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileOfText } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { type FolderFs, writeFolder } from '../../../src/cli/files/write-folder.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'raspc-write-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const model = (mark: string) => [
  { path: 'config.json', content: fileOfText(`{"mark": "${mark}"}`) },
  { path: 'raspc.json', content: fileOfText('{}') },
];

function write(mark: string, options: { force?: boolean; fs?: FolderFs; path?: string } = {}): void {
  const { force = false, fs, path = 'out/model' } = options;
  writeFolder(path, model(mark), { directory, force, ...(fs === undefined ? {} : { fs }) });
}

function marked(): string {
  return (JSON.parse(readFileSync(join(directory, 'out/model/config.json'), 'utf8')) as { mark: string }).mark;
}

/** Everything in `out`, hidden files too. */
const entries = () => readdirSync(join(directory, 'out')).toSorted();

function failing(name: keyof FolderFs, code: string, when: (call: number, ...args: unknown[]) => boolean): FolderFs {
  let calls = 0;
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: the function under test is chosen by name
  const real = nodeFs[name] as (...args: unknown[]) => unknown;
  const broken = (...args: unknown[]) => {
    calls += 1;
    if (when(calls, ...args)) throw Object.assign(new Error(`${code}: injected`), { code });
    return real(...args);
  };
  return { ...nodeFs, [name]: broken } as FolderFs;
}

test('writes the files, and makes the folders above', () => {
  write('one');
  expect(marked()).toBe('one');
  expect(entries()).toEqual(['model']);
  expect(readdirSync(join(directory, 'out/model')).toSorted()).toEqual(['config.json', 'raspc.json']);
});

test('replaces nothing without force, and the whole folder with it', () => {
  write('one');
  writeFileSync(join(directory, 'out/model/stale.txt'), 'left by an older version');
  expect(() => write('two')).toThrow('R8504');
  expect(marked()).toBe('one');
  write('two', { force: true });
  expect(marked()).toBe('two');
  expect(existsSync(join(directory, 'out/model/stale.txt'))).toBe(false);
  expect(entries()).toEqual(['model']);
});

test('force spares what raspc did not write', () => {
  mkdirSync(join(directory, 'out/model'), { recursive: true });
  write('into an empty folder', { force: true });
  rmSync(join(directory, 'out/model/raspc.json'));
  expect(() => write('two', { force: true })).toThrow('R8503');
  expect(marked()).toBe('into an empty folder');
  writeFileSync(join(directory, 'out/file'), 'text');
  expect(() => write('two', { force: true, path: 'out/file' })).toThrow('R8503');
  symlinkSync(join(directory, 'out/model'), join(directory, 'out/link'));
  expect(() => write('two', { force: true, path: 'out/link' })).toThrow('R8503');
  expect(entries()).toEqual(['file', 'link', 'model']);
});

test('a full disk leaves nothing behind, not even the folders above', () => {
  for (const at of [1, 2]) {
    const full = failing('writeSync', 'ENOSPC', (call) => call === at);
    expect(() => write('one', { fs: full })).toThrow('no space left on the device (ENOSPC)');
    expect(readdirSync(directory)).toEqual([]);
  }
});

test('a full disk, or a disk that fails to flush, leaves the old model as it was', () => {
  write('one');
  for (const [name, at] of [
    ['writeSync', 1],
    ['writeSync', 2],
    ['fsyncSync', 1],
    ['fsyncSync', 2],
    ['openSync', 1],
    ['mkdirSync', 2],
  ] as const) {
    const broken = failing(name, 'EIO', (call) => call === at);
    expect(() => write('two', { force: true, fs: broken }), `${name} ${at}`).toThrow('R8503');
    expect(marked()).toBe('one');
    expect(entries()).toEqual(['model']);
  }
});

test('a rename that fails puts the old model back', () => {
  write('one');
  const broken = failing('renameSync', 'EACCES', (call) => call === 2);
  expect(() => write('two', { force: true, fs: broken })).toThrow('R8503');
  expect(marked()).toBe('one');
  expect(entries()).toEqual(['model']);
});

test('short writes are continued', () => {
  const slow = {
    ...nodeFs,
    writeSync: (file: number, bytes: Uint8Array, at: number) => nodeFs.writeSync(file, bytes, at, 1),
  } as unknown as FolderFs;
  write('one', { fs: slow });
  expect(marked()).toBe('one');
});

test('what a killed writer left is put back or cleared away', () => {
  // no process has this number: it is above every limit
  write('one');
  mkdirSync(join(directory, 'out', '.model.raspc-new-99999999-1'));
  renameSync(join(directory, 'out/model'), join(directory, 'out/.model.raspc-old-99999999-1'));
  expect(() => write('two')).toThrow('R8504');
  expect(marked()).toBe('one');
  expect(entries()).toEqual(['model']);
});

test('what a running process writes is left alone', () => {
  mkdirSync(join(directory, 'out', `.model.raspc-new-${process.ppid}-1`), { recursive: true });
  write('one');
  expect(entries()).toEqual([`.model.raspc-new-${process.ppid}-1`, 'model']);
});
