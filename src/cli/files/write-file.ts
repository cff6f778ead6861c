/**
 * Writes one file whole or not at all: under a hidden name beside it, flushed to the disk, then put in place by renaming. A failure
 * leaves what was there.
 */
import * as nodeFs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import type { FileContent } from '../../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { clearLeftovers } from './clear-leftovers.ts';
import { systemReason } from './system-reason.ts';
import { type FolderFs, flushFolder, type WriteFolderOptions, writeFlushed } from './write-folder.ts';

/**
 * Diagnostics: R8504 where the file exists and `force` is not set, R8503 for everything that the operating system refuses and for a
 * path that is no file; and whatever making the content throws.
 */
export function writeFile(path: string, content: FileContent, { directory, force, fs = nodeFs }: WriteFolderOptions): void {
  const target = resolve(directory, path);
  const fresh = join(dirname(target), `.${basename(target)}.raspc-new-${process.pid}`);
  try {
    const stat = fs.lstatSync(target, { throwIfNoEntry: false });
    if (stat !== undefined && !force) fail('R8504', { path });
    if (stat !== undefined && !stat.isFile()) fail('R8503', { path, reason: 'it is not a file' });
    fs.mkdirSync(dirname(target), { recursive: true });
    clearLeftovers(fs, dirname(target));
    fs.rmSync(fresh, { force: true });
    try {
      writeFlushed(fs, fresh, { content });
      fs.renameSync(fresh, target);
    } catch (fault) {
      clearAway(fs, fresh);
      throw fault;
    }
    flushFolder(fs, dirname(target));
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === undefined) throw fault;
    fail('R8503', { path, reason: systemReason(fault) });
  }
}

/** Before long work whose result is for this path. Diagnostics: R8504. */
export function assertAbsent(path: string, { directory, force }: Pick<WriteFolderOptions, 'directory' | 'force'>): void {
  if (!force && nodeFs.existsSync(resolve(directory, path))) fail('R8504', { path });
}

/** The failure itself is what has to be told, not that something is left of it. */
function clearAway(fs: FolderFs, fresh: string): void {
  try {
    fs.rmSync(fresh, { force: true });
  } catch {
    // a hidden file stays behind
  }
}
