/** Model folders whose files are no files: every command that reads one refuses them, at once and without following them. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

let folder: string;
const at = (...argv: string[]) => cli(argv, { directory: folder });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-hostile-'));
  writeFileSync(
    join(folder, 'hist.rasp'),
    '@vocab "ab"; @context 4; @causal;\nhist = selector_width(select(tokens, tokens, ==));\n@export hist;\n',
  );
  expect((await at('compile', 'hist.rasp', '-o', 'whole')).code).toBe(0);
  expect((await at('compile', 'hist.rasp', '--max-shard-size', '1KB', '-o', 'shards')).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COMMANDS = [
  ['eval', ['--input', 'ab']],
  ['verify', ['--samples', '5']],
  ['inspect', []],
] as const;

/** A copy of the model in which one file is something else. */
function spoiled(from: string, file: string, replace: (path: string) => void): string {
  const name = 'spoiled';
  rmSync(join(folder, name), { recursive: true, force: true });
  cpSync(join(folder, from), join(folder, name), { recursive: true });
  rmSync(join(folder, name, file));
  replace(join(folder, name, file));
  return name;
}

const SECOND_SHARD = 'the second shard';
const FILES = [
  ['whole', 'config.json'],
  ['whole', 'raspc.json'],
  ['whole', 'model.safetensors'],
  ['shards', 'model.safetensors.index.json'],
  ['shards', SECOND_SHARD],
] as const;

/** The number of shards, which is a part of their names, is known only once they are written. */
function named(from: string, file: string): string {
  if (file !== SECOND_SHARD) return file;
  const shards = readdirSync(join(folder, from)).filter((name) => /^model-0.*[.]safetensors$/.test(name));
  expect(shards.length).toBeGreaterThan(1);
  return shards.sort()[1] as string;
}

describe.each(FILES)('%s: %s', (from, pattern) => {
  test.each(COMMANDS)('as a link is refused by %s, wherever it leads', async (command, options) => {
    const file = named(from, pattern);
    for (const target of [join(folder, from, file), '/dev/zero', '/etc/hostname', 'nowhere']) {
      const name = spoiled(from, file, (path) => symlinkSync(target, path));
      const { code, stdout, stderr } = await at(command, name, ...options);
      expect([code, stdout]).toEqual([3, '']);
      expect(stderr).toContain(`error[R8501]: cannot read \`${name}/${file}\`: it is a symbolic link`);
    }
  });

  test.each(COMMANDS)('as a folder or a pipe is refused by %s, without waiting', async (command, options) => {
    const file = named(from, pattern);
    for (const make of [(path: string) => mkdirSync(path), (path: string) => execFileSync('mkfifo', [path])]) {
      const name = spoiled(from, file, make);
      const { code, stderr } = await at(command, name, ...options);
      expect(code).toBe(3);
      expect(stderr).toMatch(/error\[R8501\]: cannot read .*: it is (not a regular file|a directory)/);
    }
  });
});

test.each([
  '../whole/model.safetensors',
  '/etc/hostname.safetensors',
  'sub/model.safetensors',
  '..\\whole\\model.safetensors',
  'C:model.safetensors',
  '..',
  '',
])('an index that names the shard %j is refused', async (shard) => {
  const name = spoiled('shards', 'model.safetensors.index.json', (path) => {
    const index = JSON.parse(readFileSync(join(folder, 'shards/model.safetensors.index.json'), 'utf8')) as {
      weight_map: Record<string, string>;
    };
    const [first] = Object.keys(index.weight_map);
    index.weight_map[first as string] = shard;
    writeFileSync(path, JSON.stringify(index));
  });
  for (const [command, options] of COMMANDS) {
    expect(await at(command, name, ...options)).toMatchObject({ code: 3, stderr: expect.stringContaining('error[R7301]') });
  }
});

test("a folder that is itself reached by a link is the user's own choice", async () => {
  symlinkSync(join(folder, 'whole'), join(folder, 'linked'));
  expect((await at('eval', 'linked', '--input', 'ab')).code).toBe(0);
});

test('a context that no memory holds is refused before inputs are made', async () => {
  expect((await at('compile', 'hist.rasp', '--target', 'llama', '-o', 'endless')).code).toBe(0);
  const edit = (file: string, from: RegExp, to: string) => {
    const path = join(folder, 'endless', file);
    writeFileSync(`${path}.new`, readFileSync(path, 'utf8').replace(from, to));
    renameSync(`${path}.new`, path);
  };
  edit('config.json', /"max_position_embeddings": \d+/, '"max_position_embeddings": 2147483647');
  edit('raspc.json', /"context": \d+/, '"context": 2147483646');
  expect(await at('verify', 'endless')).toMatchObject({ code: 3, stderr: expect.stringContaining('error[R7403]') });
});
