/** Finds the file behind `load "PATH";`: from the working directory, as the reference does, else beside the program, else in the library. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { SourceLoader } from '../../graph/elaborate/elaborator.ts';
import { sourceFile } from '../../source/source-file.ts';
import { packagePath } from './package-path.ts';
import { readText } from './read-source.ts';

const EXTENSION = '.rasp';
const LIBRARY = /^(std|lm)\/[^/]+$/;

export function sourceLoader(program: string, directory: string): SourceLoader {
  return (path) => {
    const name = path + EXTENSION;
    const beside = join(dirname(program), name);
    for (const candidate of [name, beside]) {
      if (existsSync(resolve(directory, candidate))) return sourceFile(candidate, readText(candidate, directory));
    }
    if (!LIBRARY.test(path)) return null;
    const shipped = packagePath('programs', name);
    return existsSync(shipped) ? sourceFile(name, readText(shipped, directory)) : null;
  };
}
