/** Holds a checkpoint against its entry of raspc.lock: its sources, its files, and what the sources compile to now. */
import { readCircuitMap } from '../../checkpoint/map/read-circuit-map.ts';
import { diagnose, fail } from '../../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { VERSION } from '../../version.ts';
import { differingFiles, differingTensors, hashFolder } from '../files/compare-folders.ts';
import { openFolder } from '../files/model-folder.ts';
import type { Session } from '../session/session.ts';
import { LOCK_FILE, type LockedCheckpoint, lockedName, readLock } from './lock-file.ts';
import { hashSources, withRecompiled } from './recompile.ts';

/** The entry of a folder. Diagnostics: R7602, R7605. */
export function lockedEntry(dir: string, directory: string): LockedCheckpoint {
  const known = readLock(directory);
  const name = lockedName(dir, directory);
  return known.find((entry) => entry.dir === name) ?? fail('R7602', { path: dir, lock: LOCK_FILE, known: known.map((entry) => entry.dir) });
}

/** What is not as it was locked: R7603, which names all of it, and the faults of sources that no longer compile. */
export async function checkLocked(session: Session, entry: LockedCheckpoint): Promise<readonly Diagnostic[]> {
  const { directory } = session.io;
  const { dir, program } = entry;
  const changed: string[] = [];
  const notes: string[] = [];
  for (const path of differingFiles(sourcesNow(program, directory), entry.sources)) {
    changed.push(path);
    notes.push(`the source \`${path}\` is not the one that was locked`);
  }
  const folder = openFolder(dir, directory);
  try {
    readCircuitMap(folder);
    const found = hashFolder(folder, directory);
    const edited = differingFiles(found, entry.files);
    changed.push(...edited.filter((path) => !changed.includes(path)));
    if (edited.length > 0) notes.push(`the folder's files are not those that were locked: ${listText(edited)}`);
    await withRecompiled(session, program, [...entry.given, ...entry.options], (fresh) => {
      const compiled = hashFolder(fresh, directory);
      const otherwise = differingFiles(compiled, entry.files);
      changed.push(...otherwise.filter((path) => !changed.includes(path)));
      if (otherwise.length > 0) {
        const version = entry.raspc === VERSION ? '' : ` by raspc ${VERSION}, and raspc ${entry.raspc} locked it`;
        notes.push(`\`${program}\` now compiles to something else${version}: ${listText(otherwise)}`);
      }
      if (differingFiles(found, compiled).length > 0) notes.push(...differingTensors(folder, fresh).map((line) => `in the folder ${line}`));
    });
  } catch (fault) {
    if (!(fault instanceof DiagnosticError) || changed.length === 0) throw fault;
    return [lockedFault(entry, changed, notes), ...fault.diagnostics];
  } finally {
    folder.close();
  }
  return changed.length > 0 ? [lockedFault(entry, changed, notes)] : [];
}

function lockedFault({ dir }: LockedCheckpoint, changed: readonly string[], notes: readonly string[]): Diagnostic {
  return diagnose('R7603', { path: dir, lock: LOCK_FILE, changed }, { notes });
}

/** A program that no longer elaborates has changed, whatever it loads: compiling it will say what is wrong with it. */
function sourcesNow(program: string, directory: string): ReturnType<typeof hashSources> {
  try {
    return hashSources(program, directory);
  } catch (fault) {
    if (fault instanceof DiagnosticError) return [];
    throw fault;
  }
}

function listText(paths: readonly string[]): string {
  return paths.map((path) => `\`${path}\``).join(', ');
}
