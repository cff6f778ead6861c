/**
 * The TypeScript of the documentation: each snippet passes the compiler under `strict`, as if it stood where its fence says (or beside the
 * installed package), and one that is followed by a block of text prints it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allPages } from '../../scripts/documents/pages.ts';
import { build } from '../build.ts';

const repository = resolve(import.meta.dirname, '../..');

interface Snippet {
  readonly name: string;
  /** Where it stands for the compiler. */
  readonly path: string;
  readonly text: string;
  /** What it prints, where the page says so. */
  readonly output: string | null;
}

const FENCE = /^```(js|ts)(?: (\S+))?\n([\s\S]*?)^```$(?:\n\n```text\n([\s\S]*?)^```$)?/gm;

const snippets = allPages().flatMap(({ path: page, text }) =>
  [...text.matchAll(FENCE)].map(([, , path, code = '', output], index): Snippet => {
    const name = `${page} ${index + 1}`;
    return { name, path: resolve(repository, path ?? `docs/snippet-${name.replace(/\W/g, '-')}.mts`), text: code, output: output ?? null };
  }),
);

/** Packages that are no part of this project: a snippet that shows how to use one is not compiled. */
const FOREIGN = /from 'node-llama-cpp'/;
const own = snippets.filter(({ text }) => !FOREIGN.test(text));

let folder: string;
beforeAll(async () => {
  await build();
  folder = mkdtempSync(join(tmpdir(), 'raspc-snippets-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(repository, join(folder, 'node_modules/raspc'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('there are some, and most are ours', () => {
  expect(own.length).toBeGreaterThan(4);
  expect(snippets.length - own.length).toBeLessThanOrEqual(1);
});

test('all pass the compiler under strict', () => {
  const { config } = ts.readConfigFile(join(repository, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository);
  const paths = { raspc: [join(repository, 'dist/src/index.d.ts')], 'raspc/std': [join(repository, 'dist/bundle/std.d.ts')] };
  const strict: ts.CompilerOptions = { ...options, paths, noEmit: true, incremental: false, noImplicitAny: true };
  delete strict.tsBuildInfoFile;
  const texts = new Map(own.map(({ path, text }) => [path, isolated(text)]));
  const host = ts.createCompilerHost(strict);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => texts.get(path) ?? readFile.call(host, path);
  host.fileExists = (path) => texts.has(path) || fileExists.call(host, path);
  host.getSourceFile = (path, version, ...rest) => {
    const text = texts.get(path);
    return text === undefined ? getSourceFile.call(host, path, version, ...rest) : ts.createSourceFile(path, text, version);
  };
  const program = ts.createProgram([...texts.keys()], strict, host);
  const faults = [...texts.keys()].flatMap((path) => {
    const source = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${path.slice(repository.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
  });
  expect(faults).toEqual([]);
});

/** Each is a module, whether it imports something or not; a parameter without a type is a string, as JavaScript has no place to say so. */
function isolated(text: string): string {
  return `${text.replace(/\((path)\) =>/g, '($1: string) =>')}\nexport {};\n`;
}

describe('what a page says that it prints, it prints', () => {
  test.each(own.filter(({ output }) => output !== null))('$name', ({ text, output }) => {
    const file = join(folder, 'snippet.mjs');
    writeFileSync(file, text);
    expect(execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' })).toBe(output);
  });
});
