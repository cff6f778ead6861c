/**
 * Bundles what is published: the command, cut into chunks so that each command loads what it runs and no more; the library as one file that
 * any browser takes; the program of pages; and raspc's own library of programs as texts by name. Beside them stand the licences of what was bundled.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { packagePath } from '../src/cli/files/package-path.ts';
import { licences } from './licences.ts';
import { PLAIN_VIEWS } from './plain-views.ts';
import { WITHOUT_EXPLANATIONS } from './without-explanations.ts';

const OUT = packagePath('dist', 'bundle');

const shared: BuildOptions = {
  absWorkingDir: packagePath(),
  bundle: true,
  format: 'esm',
  logLevel: 'warning',
  minifySyntax: true,
  minifyWhitespace: true,
  metafile: true,
};

/** commander is CommonJS, and asks for Node's modules by `require`. */
const REQUIRE = "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);";

async function main(): Promise<void> {
  const command = await build({
    ...shared,
    entryPoints: { main: 'src/cli/main.ts', 'process-io': 'src/cli/terminal/process-io.ts' },
    splitting: true,
    platform: 'node',
    target: 'node20',
    // one solves integer programs by WebAssembly of its own, the other is native: both are loaded where they are asked for
    external: ['highs', 'onnxruntime-node'],
    outdir: OUT,
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: REQUIRE },
  });
  const library = await build({ ...shared, ...LIBRARY, outfile: join(OUT, 'index.js') });
  const page = await build({ ...shared, ...PAGE, outfile: join(OUT, 'page.js') });
  mkdirSync(OUT, { recursive: true });
  writeFileSync(join(OUT, 'std.js'), `export const std = ${JSON.stringify(libraryTexts(), null, 1)};\n`);
  writeFileSync(
    join(OUT, 'std.d.ts'),
    "/** raspc's library: the text of each file that `load` finds, by its path (`std/count`). */\nexport declare const std: Readonly<Record<string, string>>;\n",
  );
  removeStale(command.metafile);
  writeFileSync(join(OUT, 'LICENSES.txt'), licences([command.metafile, library.metafile, page.metafile]));
}

/** How the library is bundled for browsers and for everything else. */
const LIBRARY: BuildOptions = {
  minify: true,
  entryPoints: ['src/index.ts'],
  plugins: [WITHOUT_EXPLANATIONS],
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['import'],
  target: 'es2022',
};

/** What a page of a model runs; its style comes out beside it. Its content policy forbids code made of text, which ndarray's views are. */
const PAGE: BuildOptions = {
  minify: true,
  entryPoints: ['src/page/client/main.tsx'],
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  alias: PLAIN_VIEWS,
};

/** Chunks are named by their content; those of earlier builds go when the new ones are there, so that a command that runs meanwhile finds its own. */
function removeStale(metafile: Metafile | undefined): void {
  const written = new Set(Object.keys(metafile?.outputs ?? {}).map((path) => basename(path)));
  const chunks = join(OUT, 'chunks');
  for (const name of readdirSync(chunks)) if (!written.has(name)) rmSync(join(chunks, name));
}

function libraryTexts(): Record<string, string> {
  const folder = packagePath('programs', 'std');
  const names = readdirSync(folder).filter((name) => name.endsWith('.rasp'));
  return Object.fromEntries(names.sort().map((name) => [`std/${basename(name, '.rasp')}`, readFileSync(join(folder, name), 'utf8')]));
}

await main();
