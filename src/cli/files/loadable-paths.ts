/** What `load` finds, as it is written there: programs beside a program and in the working directory, and those of the library. */
import { type Dirent, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { packagePath } from './package-path.ts';

const EXTENSION = '.rasp';
const SHIPPED = ['std', 'lm'] as const;

/**
 * @param typed a path as far as it is known: what is in its folder is looked at
 * @returns paths without the ending; folders end with `/`
 */
export function loadablePaths(program: string, directory: string, typed = ''): string[] {
  const folder = typed.slice(0, typed.lastIndexOf('/') + 1);
  const own = folder === '' ? basename(program, EXTENSION) : null;
  const beside = pathsIn(join(dirname(resolve(directory, program)), folder), folder).filter((path) => path !== own);
  const library = SHIPPED.flatMap((room) => pathsIn(packagePath('programs', room), `${room}/`));
  return [...new Set([...beside, ...pathsIn(resolve(directory, folder), folder), ...library])];
}

/** A folder that cannot be read has nothing to offer. */
function pathsIn(folder: string, written: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    if (entry.isDirectory()) return entry.name.startsWith('.') || entry.name === 'node_modules' ? [] : [`${written}${entry.name}/`];
    return entry.name.endsWith(EXTENSION) ? [written + basename(entry.name, EXTENSION)] : [];
  });
}

/** Paths of all programs in a folder and in those below it, at most so many; hidden folders and installed packages aside, and links. */
export function programsBelow(folder: string, most: number): string[] {
  const found: string[] = [];
  const pending = [resolve(folder)];
  for (let each = pending.pop(); each !== undefined && found.length < most; each = pending.pop()) {
    for (const path of pathsIn(each, `${each}/`)) {
      if (path.endsWith('/')) pending.push(path.slice(0, -1));
      else found.push(path + EXTENSION);
    }
  }
  return found.slice(0, most);
}
