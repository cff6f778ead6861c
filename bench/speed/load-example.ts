/** One of the example programs, by name, with options in place of its directives. */
import { readFileSync } from 'node:fs';
import { packagePath } from '../../src/cli/files/package-path.ts';
import type { ElaboratedProgram, ElaborateOptions } from '../../src/graph/elaborate/elaborate.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { sourceFile } from '../../src/source/source-file.ts';

export function loadExample(name: string, overrides: Omit<ElaborateOptions, 'loader'> = {}): ElaboratedProgram {
  const path = `programs/${name}.rasp`;
  return loadProgram({ file: sourceFile(path, readFileSync(packagePath(path), 'utf8')), loader: () => null, ...overrides });
}
