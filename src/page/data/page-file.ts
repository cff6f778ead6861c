/** A page as one file that stands alone: its style, its program and its data, none of which can end the element that it is in. */

import { htmlText } from './html-text.ts';
import type { PageData } from './page-data.ts';

export interface PageParts {
  readonly script: string;
  readonly style: string;
  readonly data: PageData;
}

/** Ids of elements that the client looks for. */
export const DATA_ID = 'raspc-data';
export const APP_ID = 'raspc';
/** What the page shows at the moment, as data: an {@link PageData}'s observation, for whoever reads pages by program. */
export const SHOWN_ID = 'raspc-shown';

/** Until the client has started; it comes before what a file that was cut off would lack. */
const WAITING =
  'This page has not started. Its file may have been cut off when it was copied, or the browser runs no scripts: then write it again, or open it in another.';

export function pageFile({ script, style, data }: PageParts): string {
  // Nothing is loaded, and no text becomes code: the policy holds even if something tried. The runtime's kernel is WebAssembly.
  const policy = "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; img-src data:";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${htmlText(data.title)}</title>
<style>${style.replace(/<\//g, '<\\/')}</style>
</head>
<body>
<div id="${APP_ID}"><main><p class="fault">${WAITING}</p></main></div>
<script>${script.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--')}</script>
<script type="application/json" id="${DATA_ID}">${jsonText(data)}</script>
</body>
</html>
`;
}

/** JSON that holds no markup: `<` is written as an escape. */
export function jsonText(data: unknown): string {
  return JSON.stringify(data)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}
