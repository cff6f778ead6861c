/** The pages of the documentation: those that are written by hand, whose commands are run, and those that are generated. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packagePath } from '../../src/cli/files/package-path.ts';

export interface Page {
  /** From the project's folder, with slashes. */
  readonly path: string;
  readonly text: string;
}

const TOP = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];

/** Every page, the generated ones too, in an order of their own. */
export function allPages(): Page[] {
  const below = readdirSync(packagePath('docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name).replaceAll('\\', '/'));
  return [...TOP, ...below.sort()].map((path) => ({ path, text: readFileSync(packagePath(path), 'utf8') }));
}

/** The targets of a page's links to other files, without their anchors. */
export function linksOf({ text }: Page): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '');
  return [...prose.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, link]) => link as string);
}

/** Lines of prose that are longer than a page's width: code, tables, headings, pictures and links that cannot be broken apart. */
export function longLines({ text }: Page, width = 120): string[] {
  let isCode = false;
  return text.split('\n').filter((line) => {
    if (/^\s*(```|~~~)/.test(line)) isCode = !isCode;
    return !isCode && [...line].length > width && !/^\s*(\||#|<|\[?!\[)|^ {4}/.test(line) && /\S\s+\S/.test(line.trim());
  });
}
