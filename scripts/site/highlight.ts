/** Code of the documentation in colours: RASP by the words of the compiler's own lexer, other languages by highlight.js. */
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import diff from 'highlight.js/lib/languages/diff';
import ini from 'highlight.js/lib/languages/ini';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import lisp from 'highlight.js/lib/languages/lisp';
import lua from 'highlight.js/lib/languages/lua';
import python from 'highlight.js/lib/languages/python';
import typescript from 'highlight.js/lib/languages/typescript';
import yaml from 'highlight.js/lib/languages/yaml';
import { sourceWords } from '../../src/cli/report/source-words.ts';
import { htmlText } from '../../src/page/data/html-text.ts';

const LANGUAGES = { bash, diff, ini, javascript, json, lisp, lua, python, typescript, yaml };
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);

/** What the fences of the documentation call them. */
const ALIASES: Readonly<Record<string, keyof typeof LANGUAGES>> = {
  sh: 'bash',
  elisp: 'lisp',
  js: 'javascript',
  ts: 'typescript',
  toml: 'ini',
};

/** HTML of a block of code; of a language that is not known, the text. */
export function highlighted(code: string, language: string): string {
  if (language === 'rasp') return raspHtml(code);
  if (language === 'console') return code.split('\n').map(consoleLine).join('\n');
  const name = ALIASES[language] ?? language;
  return hljs.getLanguage(name) === undefined ? htmlText(code) : hljs.highlight(code, { language: name }).value;
}

/** In the colours that pages have. */
function raspHtml(code: string): string {
  let html = '';
  let at = 0;
  for (const { start, end, kind } of sourceWords({ file: 'code.rasp', source: code })) {
    html += htmlText(code.slice(at, start));
    const word = htmlText(code.slice(start, end));
    html += kind === 'word' ? word : `<span class="${kind}">${word}</span>`;
    at = end;
  }
  return html + htmlText(code.slice(at));
}

/** What is typed stands out from what is printed. */
function consoleLine(line: string): string {
  return /^[$>] /.test(line) ? `<span class="typed">${htmlText(line)}</span>` : htmlText(line);
}

/** The classes of both, by the palette. */
export const CODE_STYLE = `
.comment,.hljs-comment,.hljs-meta{color:var(--faint)}
.text,.hljs-string,.hljs-regexp,.hljs-addition{color:var(--h2)}
.number,.hljs-number,.hljs-literal,.hljs-symbol{color:var(--h1)}
.directive,.hljs-keyword,.hljs-section,.hljs-selector-tag{color:var(--h3)}
.keyword,.hljs-title,.hljs-attr,.hljs-name,.hljs-built_in,.hljs-attribute{color:var(--h0)}
.hljs-deletion{color:var(--wrong)}
.typed{font-weight:600}`;
