/** `npm run site`: writes `site/`, the playground and the documentation as pages that any server of files can serve, or none. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { exampleInput, toFragment } from '../playground/link.ts';
import { packagePath } from '../src/cli/files/package-path.ts';
import { TARGETS } from '../src/targets/registry.ts';
import { allPages, type Page } from './documents/pages.ts';
import { documentPage, placeOf } from './site/document-page.ts';
import { playgroundPage } from './site/playground-page.ts';
import { searchIndex } from './site/search-index.ts';

const OUT = packagePath('site');

function write(name: string, text: string): void {
  mkdirSync(dirname(join(OUT, name)), { recursive: true });
  writeFileSync(join(OUT, name), text);
}

/** Every page by its title, the diagnostics after the rest. */
function contents(pages: readonly Page[]): Page {
  const lines = pages.map(({ path, text }) => `- [${/^# (.*)$/m.exec(text)?.[1] ?? path}](${path})`);
  const isDiagnostic = (line: string): boolean => line.includes('(docs/reference/diagnostics/');
  const chapters = lines.filter((line) => !isDiagnostic(line));
  const text = `# Contents\n\n${chapters.join('\n')}\n\n## Diagnostics\n\n${lines.filter(isDiagnostic).join('\n')}\n`;
  return { path: 'contents.md', text };
}

/** Every program that ships with raspc, by the first line of what it says of itself. */
function examples(): Page {
  const programs = programsIn('programs').map(({ path, text }) => `- [${path.replace('programs/', '')}](${path}): ${firstWords(text)}`);
  const text = `# Examples\n\nPrograms with what they compute; each opens in [the playground](playground:).\n\n${programs.join('\n')}\n`;
  return { path: 'examples.md', text };
}

function programsIn(folder: string): Page[] {
  const names = readdirSync(packagePath(folder)).filter((name) => name.endsWith('.rasp'));
  return names.sort().map((name) => ({ path: `${folder}/${name}`, text: readFileSync(packagePath(folder, name), 'utf8') }));
}

function firstWords(text: string): string {
  return /^# (.*)$/m.exec(text)?.[1]?.replace(/([\\`*_[\]<>])/g, '\\$1') ?? '';
}

/** A program as a page, which opens it in the playground. */
function programPage(path: string): Page {
  const text = readFileSync(packagePath(path), 'utf8');
  const name = basename(path, '.rasp');
  const fragment = toFragment({ name, text, input: exampleInput(text), target: TARGETS[0]?.name ?? '' });
  return { path, text: `# ${name}.rasp\n\n[Open it in the playground](playground:${fragment})\n\n\`\`\`rasp\n${text}\`\`\`\n` };
}

/** The index of the library leads to its sources. */
function withSources({ path, text }: Page): Page {
  if (path !== 'programs/std/README.md') return { path, text };
  const sources = new Set(programsIn('programs/std').map((page) => basename(page.path, '.rasp')));
  return {
    path,
    text: text.replace(/^## (\w+)$/gm, (line, name) => (sources.has(name) ? `${line}\n\n[The source of ${name}](${name}.rasp)` : line)),
  };
}

const pages = allPages();
rmSync(OUT, { recursive: true, force: true });
const queue: Page[] = [...pages, contents(pages), examples()];
const written: Page[] = [];
const known = new Set(queue.map(({ path }) => path));
for (let page = queue.pop(); page !== undefined; page = queue.pop()) {
  const { html, linked } = documentPage(page);
  written.push(page);
  write(placeOf(page.path), html);
  for (const path of linked.filter((each) => !known.has(each))) {
    known.add(path);
    if (path.endsWith('.md')) queue.push(withSources({ path, text: readFileSync(packagePath(path), 'utf8') }));
    else if (path.endsWith('.rasp')) queue.push(programPage(path));
    else {
      mkdirSync(dirname(join(OUT, path)), { recursive: true });
      copyFileSync(packagePath(path), join(OUT, path));
    }
  }
}
const playground = await playgroundPage();
write('playground.html', playground.html);
write('LICENSES.txt', playground.licences);
write('search.js', playground.search);
write('search-index.js', searchIndex(written));
