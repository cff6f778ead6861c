/** The fence of imports: that it catches what it should. (`npm run layers` checks that nothing in the project is caught.) */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');

/** Files that each break one rule, and the rule. */
const TRESPASSES: readonly (readonly [rule: string, path: string, text: string])[] = [
  ['layer-runtime', 'src/runtime/a.ts', "import '../passes/target.ts';"],
  ['layer-runtime', 'src/runtime/b.ts', "import '../graph/graph.ts';"],
  ['layer-verify', 'src/verify/a.ts', "import '../passes/target.ts';"],
  ['layer-checker', 'src/checker/a.ts', "import '../passes/target.ts';"],
  ['layer-graph', 'src/graph/a.ts', "import type { X } from '../passes/target.ts';"],
  ['layer-source', 'src/source/a.ts', "import '../graph/graph.ts';"],
  ['cli-is-the-top', 'src/compiler/a.ts', "import '../cli/session/session.ts';"],
  ['doorway-chevrotain', 'src/graph/b.ts', "import { Lexer } from 'chevrotain'; export const lexer = Lexer;"],
  ['doorway-chalk', 'src/cli/b.ts', "import chalk from 'chalk'; export const red = chalk.red;"],
  ['doorway-commander', 'src/compiler/b.ts', "import { Command } from 'commander'; export const command = Command;"],
  ['doorway-ndarray', 'src/runtime/c.ts', "import ndarray from 'ndarray'; export const make = ndarray;"],
  ['no-io-outside-cli', 'src/passes/b.ts', "import { readFileSync } from 'node:fs'; export const read = readFileSync;"],
  ['grammar-is-pure', 'grammar/a.ts', "import '../src/graph/graph.ts';"],
  ['grammar-by-syntax-only', 'src/cli/c.ts', "import '../../grammar/tokens.ts';"],
  ['no-cycles', 'src/passes/c.ts', "import './d.ts'; export const c = 1;"],
  ['no-cycles', 'src/circuit/a.ts', "import type { B } from './b.ts'; export interface A { readonly b: B }"],
  ['no-cycles', 'bench/a.ts', "import type { B } from './b.ts'; export interface A { readonly b: B }"],
  ['room-graph-evaluate', 'src/graph/evaluate/a.ts', "import '../elaborate/terms/term.ts';"],
  ['room-checkpoint-json', 'src/checkpoint/json/a.ts', "import type { M } from '../map/m.ts'; export type N = M;"],
  ['room-passes-schedule', 'src/passes/schedule/a.ts', "import '../lower/a/deep.ts';"],
  ['room-checker-claim', 'src/checker/claim/a.ts', "import '../meaning/laws/law.ts';"],
  ['room-cli-terminal', 'src/cli/terminal/a.ts', "import '../session/session.ts';"],
  ['room-cli-lock', 'src/cli/lock/a.ts', "import '../commands/models/compile.ts';"],
  ['rooms-passes', 'src/compiler/c.ts', "import '../passes/unheard/a.ts';"],
  ['commands-by-the-table-only', 'src/cli/commands/models/a.ts', "import './compile.ts';"],
  ['commands-by-the-table-only', 'src/cli/main.ts', "import './commands/models/compile.ts';"],
  ['unresolvable', 'src/passes/e.ts', "import './nowhere.ts';"],
  ['no-development-package-in-product', 'src/passes/f.ts', "import { test } from 'vitest'; export const t = test;"],
];

/** What the trespassers reach for, all of it lawful. */
const BYSTANDERS: readonly (readonly [path: string, text: string])[] = [
  ['src/passes/target.ts', 'export interface X { readonly x: number }'],
  ['src/passes/d.ts', "import './c.ts'; export const d = 1;"],
  ['src/circuit/b.ts', "import type { A } from './a.ts'; export interface B { readonly a: A }"],
  ['bench/b.ts', "import type { A } from './a.ts'; export interface B { readonly a: A }"],
  ['src/graph/graph.ts', 'export const graph = 1;'],
  ['src/graph/elaborate/terms/term.ts', "import '../../evaluate/lawful.ts';"],
  ['src/graph/evaluate/lawful.ts', "import '../graph.ts';"],
  ['src/checkpoint/map/m.ts', 'export type M = number;'],
  ['src/passes/lower/a/deep.ts', "import '../lawful.ts';"],
  ['src/passes/lower/lawful.ts', "import '../matching/lawful.ts';"],
  ['src/passes/matching/lawful.ts', 'export const lawful = 1;'],
  ['src/passes/unheard/a.ts', 'export const a = 1;'],
  ['src/checker/meaning/laws/law.ts', "import '../../claim/lawful.ts';"],
  ['src/checker/claim/lawful.ts', 'export const lawful = 1;'],
  ['src/cli/commands/models/compile.ts', "import '../../session/session.ts';"],
  ['src/cli/command-table.ts', "import './commands/models/compile.ts';"],
  ['src/graph/value.ts', 'export const value = 1;'],
  ['src/runtime/lawful.ts', "import '../graph/value.ts';"],
  ['src/cli/session/session.ts', "import { readFileSync } from 'node:fs'; export const read = readFileSync;"],
  ['src/cli/terminal/theme.ts', "import chalk from 'chalk'; export const red = chalk.red;"],
  ['src/syntax/parse.ts', "import '../../grammar/tokens.ts';"],
  ['grammar/tokens.ts', "import { Lexer } from 'chevrotain'; export const lexer = Lexer;"],
];

/** Bystanders that a trespasser pulls into a circle. */
const IN_CIRCLES: ReadonlySet<string> = new Set(['src/passes/d.ts', 'src/circuit/b.ts', 'bench/b.ts']);

let folder: string;
let caught: ReadonlySet<string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspc-layers-'));
  for (const [path, text] of [...TRESPASSES.map(([, path, text]) => [path, text] as const), ...BYSTANDERS]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), `${text}\nexport {};\n`);
  }
  for (const file of ['package.json', 'tsconfig.json']) await cp(join(repository, file), join(folder, file));
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'));
  const bin = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const config = join(repository, '.dependency-cruiser.mjs');
  const found = promisify(execFile)(process.execPath, [bin, '--config', config, '--output-type', 'json', 'src', 'grammar', 'bench'], {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  });
  // It exits with the number of violations.
  const { stdout } = await found.catch((fault: { stdout: string }) => fault);
  const report = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  caught = new Set(report.summary.violations.map(({ from, rule }) => `${rule.name} ${from}`));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the fence of imports', () => {
  test.each(TRESPASSES)('%s catches %s', (rule, path) => {
    expect([...caught]).toContain(`${rule} ${path}`);
  });

  test.each(BYSTANDERS.filter(([path]) => !IN_CIRCLES.has(path)))('lets %s pass', (path) => {
    expect([...caught].filter((violation) => violation.endsWith(` ${path}`))).toEqual([]);
  });
});
