/** A Markdown page as HTML: its links lead to the pages made of what they led to, its headings can be linked to. */
import { existsSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { Marked } from 'marked';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { palette } from '../../src/draw/picture/palette.ts';
import { htmlText } from '../../src/page/data/html-text.ts';
import type { Page } from '../documents/pages.ts';
import { CODE_STYLE, highlighted } from './highlight.ts';

/** Where a file of the project is in the site, from its folder: Markdown and programs are pages there. */
export function placeOf(path: string): string {
  if (path === 'README.md') return 'index.html';
  return path.endsWith('.rasp') ? `${path}.html` : path.replace(/[.]md$/, '.html');
}

export interface DocumentPage {
  readonly html: string;
  /** Files of the project that it links to, pages among them, from the project's folder. */
  readonly linked: readonly string[];
}

/** What every page leads to. */
const NAVIGATION = [
  ['index.html', 'raspc'],
  ['playground.html', 'Playground'],
  ['contents.html', 'Contents'],
  ['examples.html', 'Examples'],
  ['programs/std/README.html', 'Library'],
  ['docs/reference/diagnostics/README.html', 'Diagnostics'],
] as const;

const STYLE = `${palette(':root')}
body{margin:0 auto;max-width:860px;padding:16px;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
a{color:var(--share)} img{max-width:100%;background:var(--paper)} header nav{display:flex;flex-wrap:wrap;gap:4px 14px}
code,pre{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.88em;background:var(--box)}
pre{padding:10px;overflow-x:auto;border:1px solid var(--edge);border-radius:8px}
table{border-collapse:collapse;display:block;overflow-x:auto} th,td{border:1px solid var(--edge);padding:4px 8px;text-align:left;vertical-align:top}
blockquote{border-left:3px solid var(--share);margin:0;padding-left:12px}
body>header{display:flex;flex-wrap:wrap;gap:8px 20px;align-items:center;justify-content:space-between;border-bottom:1px solid var(--edge);padding-bottom:10px}
form[role=search]{position:relative} form[role=search] input{font:inherit;color:var(--ink);background:var(--box);border:1px solid var(--edge);border-radius:6px;padding:4px 8px;width:15rem;max-width:100%;box-sizing:border-box}
form[role=search] ul{position:absolute;z-index:1;right:0;margin:4px 0 0;padding:6px 0;width:min(26rem,calc(100vw - 32px));list-style:none;background:var(--paper);border:1px solid var(--edge);border-radius:8px;box-shadow:0 6px 24px rgb(0 0 0/.25)}
form[role=search] li{padding:3px 12px} form[role=search] li span{display:block;color:var(--faint);font-size:.8em;line-height:1.3} form[role=search] [role=status]{color:var(--faint);font-size:.85em}
.toc{border-left:3px solid var(--edge);padding-left:14px;font-size:.92em} .toc ul{margin:0;padding:0;list-style:none;columns:2 16rem}
:focus-visible{outline:2px solid var(--share);outline-offset:1px}${CODE_STYLE}`;

/** Links that lead into the playground: its fragment, which holds a program. */
const PLAYGROUND = 'playground:';

/** A page with fewer parts than this needs no list of them. */
const LISTED_PARTS = 4;

export function documentPage({ path, text }: Page): DocumentPage {
  const files = new Set<string>();
  const linked = (href: string): string | null => {
    if (href.startsWith(PLAYGROUND)) return relative(path, 'playground.html') + href.slice(PLAYGROUND.length);
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
  const parts: string[] = [];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text: title }) {
        const slug = slugOf(title, slugs);
        const inner = this.parser.parseInline(tokens);
        if (depth === 2) parts.push(`<li><a href="#${slug}">${inner.replace(/<\/?a\b[^>]*>/g, '')}</a></li>`);
        return `<h${depth} id="${slug}">${inner}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const inner = this.parser.parseInline(tokens);
        const to = linked(href);
        return to === null ? inner : `<a href="${htmlText(to)}">${inner}</a>`;
      },
      image({ href, text: alt }) {
        return `<img src="${htmlText(linked(href) ?? '')}" alt="${htmlText(alt)}">`;
      },
      code({ text: code, lang = '' }) {
        return `<pre tabindex="0"><code>${highlighted(code, lang.split(' ')[0] ?? '')}</code></pre>\n`;
      },
    },
  });
  const whole = marked.parse(text, { async: false });
  const toc = parts.length < LISTED_PARTS ? '' : `<nav class="toc" aria-label="On this page"><ul>${parts.join('')}</ul></nav>\n`;
  // tables scroll where they are wide, by keyboard too
  const body = whole.replace('</h1>\n', `</h1>\n${toc}`).replaceAll('<table>', '<table tabindex="0">');
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
<header>
<nav aria-label="Site">${NAVIGATION.map(([place, name]) => `<a href="${to(place)}">${name}</a>`).join('')}</nav>
<form role="search" data-root="${htmlText(posix.relative(posix.dirname(placeOf(path)), '.') || '.')}/">
<input type="search" aria-label="Search the documentation" placeholder="Search" autocomplete="off">
<div role="status"></div><ul hidden></ul>
</form>
</header>
<main>
${body}</main>
<script src="${to('search.js')}"></script>
</body>
</html>
`;
  return { html, linked: [...files] };
}

function relative(from: string, to: string): string {
  return posix.relative(posix.dirname(placeOf(from)), to) || posix.basename(to);
}

/** As GitHub makes them, so that the anchors of links hold. */
export function slugOf(title: string, taken: Map<string, number>): string {
  const slug = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
  const before = taken.get(slug) ?? 0;
  taken.set(slug, before + 1);
  return before === 0 ? slug : `${slug}-${before}`;
}
