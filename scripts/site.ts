/** `npm run site`: writes `site/`, the playground and the documentation as pages that any server of files can serve, or none. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packagePath } from '../src/cli/files/package-path.ts';
import { allPages, type Page } from './documents/pages.ts';
import { documentPage, placeOf } from './site/document-page.ts';
import { playgroundPage } from './site/playground-page.ts';

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

const pages = allPages();
rmSync(OUT, { recursive: true, force: true });
const queue: Page[] = [...pages, contents(pages)];
const known = new Set(queue.map(({ path }) => path));
for (let page = queue.pop(); page !== undefined; page = queue.pop()) {
  const { html, linked } = documentPage(page);
  write(placeOf(page.path), html);
  for (const path of linked.filter((each) => !known.has(each))) {
    known.add(path);
    if (path.endsWith('.md')) queue.push({ path, text: readFileSync(packagePath(path), 'utf8') });
    else {
      mkdirSync(dirname(join(OUT, path)), { recursive: true });
      copyFileSync(packagePath(path), join(OUT, path));
    }
  }
}
const playground = await playgroundPage();
write('playground.html', playground.html);
write('LICENSES.txt', playground.licences);
