/**
 * The documentation is true: each `$ raspc …` of a console block is run, in order, and prints what stands below it; generated pages are what
 * the code makes now; links lead somewhere. `npm run docs` puts in what is printed now.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CERTIFICATES_FILE, CERTIFICATES_PAGE, withCertificateTables } from '../../scripts/documents/certificate-tables.ts';
import { folderOfPage, mapTranscript, runStep, shortened, stepsOfPage } from '../../scripts/documents/console-steps.ts';
import { generatedPages } from '../../scripts/documents/generated-pages.ts';
import { GROWTH_FILE, GROWTH_PAGE, withGrowthTables } from '../../scripts/documents/growth-tables.ts';
import { HALF_PROOFS_FILE, HALF_PROOFS_PAGE, withHalfProofs } from '../../scripts/documents/half-proofs-table.ts';
import { MATCH_FILE, MATCH_PAGE, withMatchTable } from '../../scripts/documents/match-table.ts';
import { MUTATIONS_FILE, MUTATIONS_PAGE, withMutationTable } from '../../scripts/documents/mutation-table.ts';
import { allPages, linksOf, longLines, type Page } from '../../scripts/documents/pages.ts';
import { RESULTS_FILE, withPrecisionTable } from '../../scripts/documents/precision-table.ts';
import { WINDOWS_FILE, WINDOWS_PAGE, withWindowsTables } from '../../scripts/documents/windows-table.ts';
import { COMMANDS } from '../../src/cli/command-table.ts';

const pages = allPages();
const generated = await generatedPages();
/** What is compiled and shipped, and what measures it. */
const sourceFiles = () =>
  ['src', 'grammar', 'bench'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
const pageAt = (path: string) => pages.find((page) => page.path === path) as Page;

describe.each(pages.filter(({ path, text }) => !generated.has(path) && stepsOfPage(text).length > 0))('$path', ({ text }) => {
  let folder: string;
  beforeAll(() => {
    folder = folderOfPage(text);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // One after the other: a later command uses what an earlier one wrote.
  test.each(stepsOfPage(text))('$line', async (step) => {
    expect(shortened(await runStep(step, folder), step.output)).toBe(step.output);
  });
});

describe('every page', () => {
  test('that is generated is what the code makes of it', () => {
    for (const [path, text] of generated) {
      expect(existsSync(path) ? readFileSync(path, 'utf8') : 'missing: npm run docs', path).toBe(text);
    }
    const present = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/reference/diagnostics/'));
    expect(present.filter((path) => !generated.has(path))).toEqual([]);
  });

  test.each([
    [CERTIFICATES_PAGE, CERTIFICATES_FILE, withCertificateTables],
    [HALF_PROOFS_PAGE, HALF_PROOFS_FILE, withHalfProofs],
    [MATCH_PAGE, MATCH_FILE, withMatchTable],
    [GROWTH_PAGE, GROWTH_FILE, withGrowthTables],
    [MUTATIONS_PAGE, MUTATIONS_FILE, withMutationTable],
    ['docs/results/precision.md', RESULTS_FILE, withPrecisionTable],
    [WINDOWS_PAGE, WINDOWS_FILE, withWindowsTables],
  ])('%s has the numbers of %s', (page, file, withTables) => {
    const { text } = pageAt(page);
    expect(withTables(text, JSON.parse(readFileSync(file, 'utf8')))).toBe(text);
  });

  test('links only to files that exist', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter((link) => !existsSync(join(dirname(page.path), link)))
        .map((link) => `${page.path}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  test('that the code cites exists, with the words that it is cited by', () => {
    const cited = sourceFiles().flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/(docs\/[\w/-]+\.md)(?:, "([^"]+)")?/g)].map(([, page = '', words = '']) => ({
        path,
        page,
        words,
      })),
    );
    expect(cited.length).toBeGreaterThan(8);
    const wrong = cited.filter(({ page, words }) => !existsSync(page) || !readFileSync(page, 'utf8').includes(words));
    expect(wrong).toEqual([]);
  });

  test('wraps its prose at 120', () => {
    const long = pages
      .filter(({ path }) => !generated.has(path) && !path.startsWith('docs/results/'))
      .flatMap((page) => longLines(page).map((line) => `${page.path}: ${line.slice(0, 60)}`));
    expect(long).toEqual([]);
  });

  test('talks with the REPL as it would go', () => {
    for (const { path, text } of pages) expect(mapTranscript(text), path).toBe(text);
    expect(pageAt('docs/commands.md').text).toContain('```text\nRASP 0.1\n');
  });

  test('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const known = ['ci', 'install', 'package', 'run', 'i', 'pack', ...Object.keys(scripts)];
    for (const { path, text } of pages) {
      const named = [...text.matchAll(/`npm (?:run )?([a-z:-]+)/g)].map(([, name]) => name as string);
      expect(
        named.filter((name) => !known.includes(name)),
        path,
      ).toEqual([]);
    }
  });
});

describe('the front pages', () => {
  test('are short', () => {
    expect(Buffer.byteLength(pageAt('README.md').text)).toBeLessThanOrEqual(12_288);
    expect(Buffer.byteLength(pageAt('ARCHITECTURE.md').text)).toBeLessThanOrEqual(10_240);
  });

  test('give every command its line, and some page shows it at work', () => {
    const shown = pages
      .filter(({ path }) => !generated.has(path))
      .flatMap(({ text }) => stepsOfPage(text).map(({ line }) => line.split(' ')[1]));
    for (const name of Object.keys(COMMANDS)) {
      expect(pageAt('README.md').text).toContain(`| \`${name} `);
      if (!WITHOUT_STEPS.has(name)) expect(shown).toContain(name);
    }
  });
});

/** A conversation, and what takes a tokenizer, a trained model, the built program of pages or minutes: pages show these in other blocks, and other tests run them. */
const WITHOUT_STEPS = new Set(['repl', 'drift', 'show', 'lsp', 'generate', 'ngrams', 'match', 'graft', 'dataset', 'challenge', 'disguise']);
