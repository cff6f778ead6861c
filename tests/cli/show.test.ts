/** `raspc show`: what it refuses before it writes a page; what pages do is tested in a browser. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

let folder: string;
const at = (...argv: string[]) => cli(argv, { directory: folder });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-show-'));
  writeFileSync(join(folder, 'p.rasp'), '@vocab "ab"; @context 3; @causal; x = indices; @export x;');
  writeFileSync(join(folder, 'drift.json'), '{"tokens": 3, "circuits": [], "points": []}');
  expect((await at('compile', 'p.rasp', '-o', 'model')).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  [['show', 'model', '-o', 'page.svg'], 'R8004'],
  [['show', 'model'], 'R8003'],
  [['show', 'p.rasp', '-o', 'page.html'], 'R8501'],
  [['show', '.', '-o', 'page.html'], 'R7010'],
  [['show', 'model', '--input', 'abc', '-o', 'page.html'], 'R8201'],
  [['show', 'model', '--input', 'aaaa', '-o', 'page.html'], 'R8202'],
  [['show', 'model/config.json', '-o', 'page.html'], 'R7755'],
  [['show', 'drift.json', '-o', 'page.html'], 'R7755'],
  [['show', 'model', '--drift', 'drift.json', '-o', 'page.html'], 'R7755'],
  [['show', 'model', '--match', 'p.rasp', '-o', 'page.html'], 'R7755'],
  [['show', 'model', '--match', 'gone.json', '-o', 'page.html'], 'R8501'],
])('refuses %j', async (argv, code) => {
  const { stderr, code: exit } = await at(...argv);
  expect(exit).not.toBe(0);
  expect(stderr).toContain(`error[${code}]`);
  expect(existsSync(join(folder, 'page.html'))).toBe(false);
});

test('a model whose weights were cut off is refused', async () => {
  await at('compile', 'p.rasp', '-o', 'cut');
  const file = join(folder, 'cut', 'model.safetensors');
  writeFileSync(file, readFileSync(file).subarray(0, -8));
  expect((await at('show', 'cut', '-o', 'page.html')).stderr).toMatch(/error\[R7007\]/);
});
