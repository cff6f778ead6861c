/** `raspc draw`: of programs and of models, as text, as files, and what it refuses. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from './run-cli.ts';

let folder: string;
const at = (...argv: string[]) => cli(argv, { directory: folder });
const PROGRAM = `@vocab "abc"; @context 6; @causal;
same = select(tokens, tokens, ==);
hist = selector_width(same);
twice = hist * 2;
@export twice;
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-draw-'));
  writeFileSync(join(folder, 'p.rasp'), PROGRAM);
  expect((await at('compile', 'p.rasp', '-o', 'model')).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('draws a program', async () => {
  const { stdout, code } = await at('draw', 'p.rasp', '--input', 'aba');
  expect(code).toBe(0);
  expect(stdout).toContain('head 1.1  same = tokens == tokens');
  expect(stdout).toContain('    a        │ █ · █ │     2');
});

test('draws a model beside its program', async () => {
  const { stdout } = await at('draw', 'model', '--input', 'aba', '--format', 'json');
  const [scene] = JSON.parse(stdout);
  expect(scene.layers.at(-1).heads[0]).toMatchObject({ selector: 'tokens == tokens', measured: { differs: [] } });
  expect(scene.outputs).toEqual([{ name: 'twice', values: ['2', '2', '4'], held: [null, null, null] }]);
});

test('draws one name or one layer', async () => {
  const only = await at('draw', 'p.rasp', '--input', 'aba', '--only', 'same');
  expect(only.stdout).toContain('same');
  expect(only.stdout).not.toContain('hist');
  expect((await at('draw', 'p.rasp', '--input', 'aba', '--layer', '1')).stdout).toContain('head 1.1');
});

test('writes files, once', async () => {
  expect((await at('draw', 'p.rasp', '--input', 'aba', '-o', 'x.svg')).stdout).toBe('wrote x.svg\n');
  expect(readFileSync(join(folder, 'x.svg'), 'utf8')).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"[\s\S]*<\/svg>\n$/);
  expect((await at('draw', 'p.rasp', '--input', 'aba', '-o', 'x.svg')).stderr).toContain('R8504');
  expect((await at('draw', 'model', '--input', 'aba', '-o', 'x.html')).code).toBe(0);
  expect(readFileSync(join(folder, 'x.html'), 'utf8')).toMatch(/^<!doctype html>/);
});

test.each([
  [['draw', 'p.rasp', '--input', 'aba', '-o', 'x.png'], 'R8004'],
  [['draw', 'p.rasp', '--input', 'aba', 'abb', '-o', 'y.svg'], 'R8003'],
  [['draw', 'p.rasp', '--input', 'aba', '--only', 'histt'], 'R8012'],
  [['draw', 'model', '--input', 'aba', '--only', 'nothing'], 'R8012'],
  [['draw', 'p.rasp', '--input', 'aba', '--layer', '9'], 'R8004'],
  [['draw', 'p.rasp', '--input', 'xyz'], 'R8201'],
  [['draw', 'p.rasp'], 'R8003'],
  [['draw', '.', '--input', 'a'], 'R7010'],
])('refuses %j', async (argv, code) => {
  const { stderr, code: exit } = await at(...argv);
  expect(exit).not.toBe(0);
  expect(stderr).toContain(`error[${code}]`);
});

test('a map that says no meanings leaves nothing to draw', async () => {
  await at('compile', 'p.rasp', '-o', 'old');
  const file = join(folder, 'old', 'raspc.json');
  const { meaning: _, ...map } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify(map));
  expect((await at('draw', 'old', '--input', 'a')).stderr).toContain('error[R7406]');
});

test('the REPL draws what it is told to', async () => {
  const { stdout } = await cli(['repl'], { stdin: 'same = select(tokens, tokens, ==);\ndraw(selector_width(same), "aba");\n:draw same\n' });
  expect(stdout).toContain('\t =  [2, 1, 2] (ints)\n');
  expect(stdout).toContain('\t    a        │ █ · █ │');
  expect(stdout.match(/same = tokens == tokens/g)).toHaveLength(2);
});
