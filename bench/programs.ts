/** The example programs, as texts. */
import { readdirSync, readFileSync } from 'node:fs';
import { packagePath } from '../src/cli/files/package-path.ts';
import { type SourceFile, sourceFile } from '../src/source/source-file.ts';

export function examplePrograms(): SourceFile[] {
  return readdirSync(packagePath('programs'))
    .filter((file) => file.endsWith('.rasp'))
    .sort()
    .map((file) => sourceFile(`programs/${file}`, readFileSync(packagePath('programs', file), 'utf8')));
}

/** Some two hundred s-ops and thirty layers. */
export function deepProgram(): SourceFile {
  return sourceFile('bench/deep.rasp', readFileSync(packagePath('bench', 'deep.rasp'), 'utf8'));
}
