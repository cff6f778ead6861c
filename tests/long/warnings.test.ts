/**
 * What is warned of in programs that mean what they say: those that ship, the corpus, the benchmark of circuits, and the texts of the
 * documentation and of the catalog that are meant to be right. A finding there is one too many. The page is written with `--update`; how many
 * programs there are changes often, so that row stays as it is until the page is removed first.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readManifest } from '../../scripts/circuit-programs.ts';
import { allPages } from '../../scripts/documents/pages.ts';
import { sourceLoader } from '../../src/cli/files/source-loader.ts';
import { CATALOG } from '../../src/diagnostics/catalog.ts';
import type { CatalogEntry } from '../../src/diagnostics/catalog-entry.ts';
import { checkSource } from '../../src/library/check-text.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { CORPUS } from '../corpus/corpus.ts';
import { textOf } from '../corpus/try-program.ts';

const PAGE = 'docs/results/warnings.md';

type Named = readonly [name: string, text: string];

const FOLDERS = ['', '/std', '/lm', '/seeds', '/generate', '/heads'].map((folder) => `programs${folder}`);
const ENTRIES = Object.entries(CATALOG) as unknown as [string, CatalogEntry<never>][];
/** Pages that show warnings on purpose, in the file of this name. */
const SHOWN = ['docs/session.md draft.rasp', 'docs/warnings.md inner.rasp'];

const POPULATIONS: readonly (readonly [name: string, programs: readonly Named[]])[] = [
  [
    '`programs/`',
    FOLDERS.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.rasp'))
        .map((name): Named => [`${folder}/${name}`, readFileSync(`${folder}/${name}`, 'utf8')]),
    ),
  ],
  ['the corpus of idioms, at 16 positions', CORPUS.map((program): Named => [program.name, textOf(program, 16)])],
  [
    'written programs of the benchmark of circuits',
    // those that are drawn have nobody who would mean something
    readManifest().flatMap(({ name, kind, source }): Named[] => (kind === 'random' ? [] : [[name, source]])),
  ],
  [
    'snippets of the documentation',
    allPages().flatMap(({ path, text }) =>
      [...text.matchAll(/^```rasp ?(.*)\n([\s\S]*?)^```$/gm)]
        .map(([, name = '', snippet = '']): Named => [`${path} ${name}`, snippet])
        .filter(([name]) => !SHOWN.includes(name)),
    ),
  ],
  [
    'good programs of the explanations of warnings',
    ENTRIES.flatMap(([code, { good }]): Named[] => (code.startsWith('W') && good.kind === 'program' ? [[code, good.source]] : [])),
  ],
];

/** Codes of the warnings, one for each finding. */
function warnings(name: string, text: string): string[] {
  const { diagnostics } = checkSource(sourceFile(name, text), { loader: sourceLoader(name, process.cwd()) });
  expect([name, diagnostics.filter(({ severity }) => severity === 'error')]).toEqual([name, []]);
  return diagnostics.filter(({ severity }) => severity === 'warning').map(({ code }) => code);
}

test('no program that means what it says is warned of', async () => {
  const codes = ENTRIES.map(([code]) => code).filter((code) => code.startsWith('W'));
  const found = POPULATIONS.map(([population, programs]) => ({
    population,
    count: programs.length,
    found: programs.flatMap(([name, text]) => warnings(name, text)),
    // what a comment says is meant: it would be one too many
    meant: programs.flatMap(([name, text]) =>
      text.includes('# raspc: allow') ? warnings(name, text.replace(/# raspc: allow .*/g, '')) : [],
    ),
  }));
  for (const each of found) expect([each.population, each.found]).toEqual([each.population, []]);
  const cell = (code: string, each: (typeof found)[number]) => {
    const of = (list: readonly string[]) => list.filter((other) => other === code).length;
    return of(each.meant) === 0 ? `${of(each.found)}` : `${of(each.found)} (${of(each.meant)} allowed)`;
  };
  const counted = `| programs, when this was written | ${found.map(({ count }) => count).join(' | ')} |`;
  const known = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  const counts = /^\| programs, .*$/m.exec(known)?.[0] ?? counted;
  const page = `# Warnings, counted where they would be wrong

A warning that is wrong teaches people to overlook those that are right. So each is counted on programs that mean what
they say: every finding there is one too many, and the aim is none. \`npx vitest run --config vitest.long.config.ts
tests/long/warnings.test.ts --update\` writes this page; the same test fails where there is a finding. In brackets: what
a comment in the program says is meant (\`# raspc: allow CODE\`), which is a finding too many all the same.

For example, W2002 speaks of parameters that nothing reads: \`programs/std/arithmetic.rasp\` has one, in a function that
is called like its sisters, and says so by a comment.

| | ${found.map(({ population }) => population).join(' | ')} |
|---|${found.map(() => '--:|').join('')}
${counts}
${codes.map((code) => `| [${code}](../reference/diagnostics/${code}.md) | ${found.map((each) => cell(code, each)).join(' | ')} |`).join('\n')}

That each is given where it should be is tried elsewhere: its bad program gives it and nothing else, its good one
nothing, and each of its fixes mends it ([warnings](../warnings.md)).
`;
  await expect(page).toMatchFileSnapshot(`../../${PAGE}`);
});
