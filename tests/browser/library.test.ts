/** The library as it is published, in a page: it loads without Node, and compiles, packs, runs and verifies there. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { build as esbuild } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build } from '../build.ts';
import { openBrowser } from './open-browser.ts';

const bundle = (name: string) => readFileSync(resolve(import.meta.dirname, '../../dist/bundle', name));

let server: Server;
let browser: Browser;

beforeAll(async () => {
  await build();
  const files: Record<string, readonly [type: string, body: () => string | Buffer]> = {
    '/': ['text/html', () => '<!doctype html><title>raspc</title>'],
    '/index.js': ['text/javascript', () => bundle('index.js')],
    '/std.js': ['text/javascript', () => bundle('std.js')],
  };
  server = createServer((request, response) => {
    const found = files[request.url ?? ''];
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': found?.[0] ?? 'text/plain' });
    response.end(found?.[1]() ?? 'not found');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

const PROGRAM = `load "std/counts";
@vocab "ab"; @context 6; @causal;
hist = selector_width(select(tokens, tokens, ==));
@export hist;
`;

interface Result {
  readonly faults: number;
  readonly run: readonly number[];
  readonly answers: readonly { readonly files: number }[];
}

/** As text, since the test runner rewrites imports, and the page is to make its own. */
const IN_THE_PAGE = `async (program) => {
  const raspc = await import('/index.js');
  const { std } = await import('/std.js');
  const options = { load: (path) => std[path] ?? null };
  const answers = [];
  for (const target of ['gpt2', 'llama', 'gpt-neox', 'bert']) {
    const { files, folder } = raspc.compileToFiles(program, { ...options, target });
    const { tried, proof } = await raspc.verifyFolder(folder, options);
    const values = raspc.evaluateFolder(folder, 'abaa')[0].values.map(Number);
    const proven = proof.kind === 'checked' && proof.holds;
    answers.push({ target, files: files.size, checked: tried.checked, failed: tried.failed, proven, values });
  }
  const run = raspc.runText(program, 'abaa', options)[0].values.map(Number);
  return { faults: raspc.checkText(program, options).length, run, answers };
}`;

test('compiles, runs and verifies in Chromium', async () => {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const result = (await page.evaluate(`(${IN_THE_PAGE})(${JSON.stringify(PROGRAM)})`)) as Result;
  expect(faults.filter((fault) => !fault.includes('favicon') && !fault.includes('404'))).toEqual([]);
  expect(result).toMatchObject({ faults: 0, run: [1, 1, 2, 3] });
  for (const answer of result.answers) {
    expect(answer).toMatchObject({ checked: 126, failed: 0, proven: true, values: [1, 1, 2, 3] });
    expect(answer.files).toBeGreaterThanOrEqual(6);
  }
});

test('asks for nothing of Node', () => {
  const code = bundle('index.js');
  const asks = /\bfrom\s*"node:|\bimport\s*"node:/.exec(code.toString());
  expect(asks?.[0] ?? 'nothing').toBe('nothing');
  const { length } = gzipSync(code, { level: 9 });
  process.stdout.write(`the library for browsers: ${length.toLocaleString('en-US')} bytes gzipped\n`);
  // what only `raspc explain` shows
  expect(code.toString()).not.toContain('Circuits keep tokens in reserved dimensions');
});

test.each(['compileToFiles', 'verifyFolder', 'runText'])('a page that imports `%s` alone takes 200 kB or less', async (name) => {
  const contents = `export { ${name} } from './index.js';`;
  const resolveDir = resolve(import.meta.dirname, '../../dist/bundle');
  const bundled = await esbuild({ stdin: { contents, resolveDir }, bundle: true, minify: true, format: 'esm', write: false });
  const { length } = gzipSync(bundled.outputFiles[0]?.contents ?? '', { level: 9 });
  process.stdout.write(`${name}: ${length.toLocaleString('en-US')} bytes gzipped\n`);
  expect(length).toBeGreaterThan(10_000);
  expect(length).toBeLessThanOrEqual(200_000);
});
