/** The package as people get it: packed, installed into an empty project, and used from there. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');
const execute = promisify(execFile);

let folder: string;
let bin: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspc-package-'));
  await execute('npm', ['pack', '--pack-destination', folder], { cwd: repository });
  const [tarball] = await readdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "name": "someone", "private": true }');
  await execute('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${tarball}`], { cwd: folder });
  bin = join(folder, 'node_modules/.bin/raspc');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const raspc = (...argv: string[]) => execute(bin, argv, { cwd: folder });

describe('the packed package', () => {
  test('has what it needs and nothing of its workshop', async () => {
    const files = await readdir(join(folder, 'node_modules/raspc'));
    expect(files.sort()).toEqual([
      'ARCHITECTURE.md',
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'challenges',
      'configs',
      'dist',
      'docs',
      'package.json',
      'programs',
      'python',
      'schemas',
    ]);
    expect((await readdir(join(folder, 'node_modules/raspc/dist'))).sort()).toEqual(['bundle', 'grammar', 'src']);
  });

  test('compiles, verifies and evaluates from any directory', async () => {
    await writeFile(join(folder, 'twice.rasp'), '@vocab "ab"; @context 4; @causal;\ntwice = indices * 2;\n@export twice;\n');
    expect((await raspc('run', 'twice.rasp', '--input', 'abab')).stdout).toBe('twice("abab") = [0, 2, 4, 6] (ints)\n');
    expect((await raspc('compile', 'twice.rasp', '-o', 'model')).stdout).toContain('wrote model');
    expect((await raspc('verify', 'model')).stdout).toContain('30 inputs, no mismatch');
    expect((await raspc('eval', 'model', '--input', 'ba')).stdout).toMatch(/^twice\("ba"\) = \[0, 2\] \(ints\)/);
  });

  test('can be imported', async () => {
    await writeFile(
      join(folder, 'use.mjs'),
      "import { compile, loadProgram } from 'raspc';\nconsole.log(typeof compile, typeof loadProgram);\n",
    );
    expect((await execute(process.execPath, ['use.mjs'], { cwd: folder })).stdout).toBe('function function\n');
  });
});
