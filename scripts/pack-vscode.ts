/** `npm run vscode`: packs the extension for Visual Studio Code, and prints where it lies. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packagePath } from '../src/cli/files/package-path.ts';
import { extensionFiles } from './vscode/extension-files.ts';
import { vsixName, vsixOf } from './vscode/vsix.ts';

const files = await extensionFiles();
const name = join('dist', 'vscode', vsixName(files));
mkdirSync(packagePath('dist', 'vscode'), { recursive: true });
writeFileSync(packagePath(name), vsixOf(files));
console.log(name);
