/** `raspc export`: what it says and writes, and what it refuses. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

let folder: string;
const at = (...argv: string[]) => cli(argv, { directory: folder });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-export-'));
  writeFileSync(
    join(folder, 'hist.rasp'),
    '@vocab "ab"; @context 4; @causal; @export hist; hist = selector_width(select(tokens, tokens, ==));',
  );
  writeFileSync(
    join(folder, 'words.rasp'),
    '@vocab ["ab", "bcd", "cd"]; @context 3; @causal; @export first; first = aggregate(select(indices, 0, ==), tokens);',
  );
  for (const target of ['llama', 'gpt2', 'bert']) expect((await at('compile', 'hist.rasp', '--target', target, '-o', target)).code).toBe(0);
  expect((await at('compile', 'words.rasp', '--target', 'llama', '-o', 'words')).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('says what it wrote, and what is different there', async () => {
  const llama = await at('export', 'llama', '--format', 'gguf', '-o', 'out/llama.gguf');
  const cache = llama.stderr;
  expect(llama.code).toBe(0);
  expect(cache).toMatch(/^note: llama.cpp keeps keys and values in 16 bits unless told `-ctk f32 -ctv f32 -fa off`, .*\n$/);
  expect(llama.stdout).toMatch(
    /^wrote out\/llama.gguf: hist as `llama` for llama.cpp, matrices in f32\n {2}12 tensors, [\d,]+ parameters, [\d,]+ bytes\n$/,
  );
  expect(readFileSync(join(folder, 'out/llama.gguf'), 'latin1').slice(0, 4)).toBe('GGUF');
  expect((await at('export', 'gpt2', '-o', 'out/gpt2.gguf')).stderr).toBe(
    `${cache}note: llama.cpp rounds GELU to 16 bits, which moves logits by up to 0.002\n`,
  );
  expect((await at('export', 'words', '-o', 'out/words.gguf')).stderr).toBe(
    `${cache}note: llama.cpp may cut \`ab\` and \`bcd\` apart differently where they overlap; give it token ids\n`,
  );
  expect((await at('export', 'words', '-o', 'out/words.gguf', '--force', '--quiet')).stderr).toBe('');
});

test('a model for 16-bit arithmetic is exported as one, and needs no word', async () => {
  expect((await at('compile', 'hist.rasp', '--target', 'llama', '--dtype', 'f16', '--compute', 'f16', '-o', 'half')).code).toBe(0);
  const half = await at('export', 'half', '-o', 'half.gguf');
  expect(half).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('matrices in f16') });
});

test('the same model gives the same bytes, and JSON their hash', async () => {
  const [first, second] = [await at('export', 'llama', '-o', 'a.gguf', '--format', 'json'), await at('export', 'llama', '-o', 'b.gguf')];
  expect([first.code, second.code]).toEqual([0, 0]);
  const bytes = readFileSync(join(folder, 'a.gguf'));
  expect(readFileSync(join(folder, 'b.gguf')).equals(bytes)).toBe(true);
  const report = JSON.parse(first.stdout);
  expect(report).toMatchObject({ file: 'a.gguf', format: 'gguf', architecture: 'llama', dtype: 'f32', tensors: 12, bytes: bytes.length });
  expect(report.sha256).toMatch(/^[0-9a-f]{64}$/);
});

describe('refuses', () => {
  const left = () => readdirSync(folder).filter((name) => name.startsWith('.') || name === 'new.gguf');

  test.each([
    ['a family that GGUF files are not written of', ['bert'], 1, 'R7505'],
    ['f16 for a model that computes in f32', ['llama', '--dtype', 'f16'], 1, 'R7507'],
    ['a folder that is not there', ['nowhere'], 3, 'R8501'],
    ['a folder that is no model', ['out'], 3, 'R7010'],
    ['a dtype that it does not know', ['llama', '--dtype', 'q4'], 2, 'R8004'],
  ] as const)('%s, and leaves nothing behind', async (_, args, code, diagnostic) => {
    mkdirSync(join(folder, 'out'), { recursive: true });
    const result = await at('export', ...args, '-o', 'new.gguf');
    expect([result.code, result.stdout, result.stderr.slice(0, 12), left()]).toEqual([code, '', `error[${diagnostic}]`, []]);
  });

  test('to write without being told where', async () => {
    expect((await at('export', 'llama')).stderr).toContain('error[R8003]');
  });

  test('to replace a file unless forced, and to replace a folder at all', async () => {
    writeFileSync(join(folder, 'taken.gguf'), 'years of work');
    expect(await at('export', 'llama', '-o', 'taken.gguf')).toMatchObject({ code: 3, stderr: expect.stringContaining('error[R8504]') });
    expect(readFileSync(join(folder, 'taken.gguf'), 'utf8')).toBe('years of work');
    const failing = await at('export', 'llama', '-o', 'taken.gguf', '--dtype', 'f16', '--force');
    expect([failing.code, readFileSync(join(folder, 'taken.gguf'), 'utf8')]).toEqual([1, 'years of work']);
    expect((await at('export', 'llama', '-o', 'taken.gguf', '--force')).code).toBe(0);
    expect(readFileSync(join(folder, 'taken.gguf'), 'latin1').slice(0, 4)).toBe('GGUF');
    expect(await at('export', 'llama', '-o', 'gpt2', '--force')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('error[R8503]'),
    });
    expect(existsSync(join(folder, 'gpt2/config.json'))).toBe(true);
  });
});
