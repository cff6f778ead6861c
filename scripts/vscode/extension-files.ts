/** The files of the extension for Visual Studio Code: what lies in editors/vscode, the grammar, and the client in one bundle with its licences. */
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { licences } from '../licences.ts';

/** By the paths that package.json of the extension gives them. */
const COPIED: Readonly<Record<string, string>> = {
  'package.json': 'editors/vscode/package.json',
  'language-configuration.json': 'editors/vscode/language-configuration.json',
  'README.md': 'editors/vscode/README.md',
  'syntaxes/rasp.tmLanguage.json': 'editors/rasp.tmLanguage.json',
  'LICENSE.txt': 'LICENSE',
};

export async function extensionFiles(): Promise<Map<string, string>> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: packagePath(),
    entryPoints: ['editors/vscode/src/extension.mts'],
    bundle: true,
    // what VS Code loads by `require`, on the Node of the oldest version that the manifest allows
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    external: ['vscode'],
    minify: true,
    metafile: true,
    write: false,
    outfile: 'extension.js',
    logLevel: 'warning',
  });
  const copied = Object.entries(COPIED).map(([path, from]): [string, string] => [path, readFileSync(packagePath(from), 'utf8')]);
  return new Map([...copied, ['dist/extension.js', outputFiles.map(({ text }) => text).join('')], ['LICENSES.txt', licences([metafile])]]);
}
