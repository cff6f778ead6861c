/** A Markdown page as HTML: its links lead to the pages made of what they led to, its headings can be linked to. */
import { existsSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { Marked } from 'marked';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { palette } from '../../src/draw/picture/palette.ts';
import { htmlText } from '../../src/page/data/html-text.ts';
import type { Page } from '../documents/pages.ts';

/** Where a file of the project is in the site, from its folder: what is Markdown is a page there. */
export function placeOf(path: string): string {
  return path === 'README.md' ? 'index.html' : path.replace(/[.]md$/, '.html');
}

export interface DocumentPage {
  readonly html: string;
  /** Files of the project that it links to, pages among them, from the project's folder. */
  readonly linked: readonly string[];
}

const STYLE = `${palette(':root')}
body{margin:0 auto;max-width:860px;padding:16px;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
a{color:var(--share)} img{max-width:100%;background:var(--paper)} nav a{margin-right:14px}
code,pre{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.88em;background:var(--box)}
pre{padding:10px;overflow-x:auto;border:1px solid var(--edge);border-radius:8px}
table{border-collapse:collapse;display:block;overflow-x:auto} th,td{border:1px solid var(--edge);padding:4px 8px;text-align:left;vertical-align:top}
blockquote{border-left:3px solid var(--share);margin:0;padding-left:12px}`;

export function documentPage({ path, text }: Page): DocumentPage {
  const files = new Set<string>();
  const linked = (href: string): string | null => {
    if (/^(?:[a-z]+:|#)/i.test(href)) return href;
    const [to = '', anchor] = href.split('#');
    const target = posix.join(posix.dirname(path), to);
    const hash = anchor === undefined ? '' : `#${anchor}`;
    // a folder has no page
    if (!existsSync(packagePath(target)) || statSync(packagePath(target)).isDirectory()) return null;
    files.add(target);
    return relative(path, placeOf(target)) + hash;
  };
  const slugs = new Map<string, number>();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text: title }) {
        return `<h${depth} id="${slugOf(title, slugs)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const inner = this.parser.parseInline(tokens);
        const to = linked(href);
        return to === null ? inner : `<a href="${htmlText(to)}">${inner}</a>`;
      },
      image({ href, text: alt }) {
        return `<img src="${htmlText(linked(href) ?? '')}" alt="${htmlText(alt)}">`;
      },
      code({ text: code }) {
        return `<pre tabindex="0"><code>${htmlText(code)}</code></pre>\n`;
      },
    },
  });
  const body = marked.parse(text, { async: false });
  const title = /^# (.*)$/m.exec(text)?.[1]?.replace(/[`*]/g, '') ?? path;
  const to = (name: string): string => htmlText(relative(path, name));
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="icon" href="data:,">
<title>${htmlText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<nav aria-label="Site"><a href="${to('index.html')}">raspc</a><a href="${to('playground.html')}">Playground</a><a href="${to('contents.html')}">Contents</a></nav>
<main>
${body}</main>
</body>
</html>
`;
  return { html, linked: [...files] };
}

function relative(from: string, to: string): string {
  return posix.relative(posix.dirname(placeOf(from)), to) || posix.basename(to);
}

/** As GitHub makes them, so that the anchors of links hold. */
function slugOf(title: string, taken: Map<string, number>): string {
  const slug = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
  const before = taken.get(slug) ?? 0;
  taken.set(slug, before + 1);
  return before === 0 ? slug : `${slug}-${before}`;
}
