/** Finds the file behind `load "PATH";`: from the working directory, as the reference does, else beside the program, else in the library. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { SourceLoader } from '../../graph/elaborate/elaborator.ts';
import { sourceFile } from '../../source/source-file.ts';
import { loadablePaths } from './loadable-paths.ts';
import { packagePath } from './package-path.ts';
import { programOf, readText } from './read-source.ts';

const EXTENSION = '.rasp';
const LIBRARY = /^(std|lm)\/[^/]+$/;

export function sourceLoader(program: string, directory: string): SourceLoader {
  const find = (path: string) => {
    const name = path + EXTENSION;
    const beside = join(dirname(program), name);
    for (const candidate of [name, beside]) {
      if (existsSync(resolve(directory, candidate))) return programOf(candidate, readText(candidate, directory));
    }
    if (!LIBRARY.test(path)) return null;
    const shipped = packagePath('programs', name);
    return existsSync(shipped) ? sourceFile(name, readText(shipped, directory)) : null;
  };
  return Object.assign(find, { known: () => loadablePaths(program, directory).filter((path) => !path.endsWith('/')) });
}
