/** The playground as one file: its program, its style, its worker, raspc's library and the examples. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { PARTS_ID, type Parts } from '../../playground/parts.ts';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { APP_ID, jsonText } from '../../src/page/data/page-file.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { VERSION } from '../../src/version.ts';
import { licences } from '../licences.ts';
import { PLAIN_VIEWS } from '../plain-views.ts';

const shared: BuildOptions = {
  absWorkingDir: packagePath(),
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  logLevel: 'warning',
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  alias: PLAIN_VIEWS,
  outdir: 'site',
};

export interface PlaygroundPage {
  readonly html: string;
  /** Of what is bundled in it, and in the search. */
  readonly licences: string;
  /** The program of the search in the documentation. */
  readonly search: string;
}

export async function playgroundPage(): Promise<PlaygroundPage> {
  const worker = await bundled('playground/worker.ts');
  const page = await bundled('playground/main.tsx');
  const search = await bundled('playground/search/search.ts');
  const parts: Parts = {
    raspc: VERSION,
    worker: worker.script,
    page: {
      script: readFileSync(packagePath('dist', 'bundle', 'page.js'), 'utf8'),
      style: readFileSync(packagePath('dist', 'bundle', 'page.css'), 'utf8'),
    },
    library: Object.fromEntries(programs('std').map(({ name, text }) => [`std/${name}`, text])),
    examples: programs(''),
    targets: TARGETS.map(({ name }) => name),
  };
  // Nothing is loaded, and no text becomes code: the policy holds even if something tried. The runtime's kernel is WebAssembly.
  const policy =
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; img-src data:; worker-src blob:";
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="icon" href="data:,">
<title>RASP playground</title>
<style>${page.style.replace(/<\//g, '<\\/')}</style>
</head>
<body>
<div id="${APP_ID}"><main><p>The playground is being loaded. It needs a browser that runs scripts.</p></main></div>
<script>${page.script.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--')}</script>
<script type="application/json" id="${PARTS_ID}">${jsonText(parts)}</script>
</body>
</html>
`;
  return { html, licences: licences([worker.metafile, page.metafile, search.metafile]), search: search.script };
}

async function bundled(
  entry: string,
): Promise<{ readonly script: string; readonly style: string; readonly metafile: Metafile | undefined }> {
  const { outputFiles = [], metafile } = await build({ ...shared, entryPoints: [entry] });
  const textOf = (end: string): string => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
  return { script: textOf('.js'), style: textOf('.css'), metafile };
}

function programs(folder: string): { readonly name: string; readonly text: string }[] {
  const names = readdirSync(packagePath('programs', folder)).filter((name) => name.endsWith('.rasp'));
  // the histogram is where people begin
  const order = (name: string): string => (name === 'hist.rasp' ? '' : name);
  return names
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
    .map((name) => ({ name: name.replace('.rasp', ''), text: readFileSync(packagePath(join('programs', folder, name)), 'utf8') }));
}
