/**
 * Writes a folder whole or not at all: into a hidden folder beside it, flushed to the disk, then put in place by renaming. A full
 * disk leaves what was there; a kill leaves a hidden folder at most, which the next write beside it clears away.
 */
import * as nodeFs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { MAP_FILE } from '../../checkpoint/map/circuit-map.ts';
import type { PackedFile } from '../../checkpoint/pack-checkpoint.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { clearLeftovers } from './clear-leftovers.ts';
import { systemReason } from './system-reason.ts';

/** What is used of `node:fs`; tests hand in one that fails. */
export type FolderFs = Pick<
  typeof nodeFs,
  | 'closeSync'
  | 'existsSync'
  | 'fsyncSync'
  | 'lstatSync'
  | 'mkdirSync'
  | 'openSync'
  | 'readdirSync'
  | 'renameSync'
  | 'rmSync'
  | 'rmdirSync'
  | 'writeSync'
>;

export interface WriteFolderOptions {
  /** Where relative paths start. */
  readonly directory: string;
  /** Replace a model folder that is there. */
  readonly force: boolean;
  readonly fs?: FolderFs;
}

let writes = 0;

/**
 * Writes `files` as the folder `path`. Diagnostics: R8504 where it exists and `force` is not set, R8503 for everything that the
 * operating system refuses and for a folder that no model was written to.
 */
export function writeFolder(path: string, files: readonly PackedFile[], { directory, force, fs = nodeFs }: WriteFolderOptions): void {
  const target = resolve(directory, path);
  const place = { fs, parent: dirname(target), name: basename(target) };
  writes += 1;
  const fresh = join(place.parent, `${hiddenPrefix(place.name)}new-${process.pid}-${writes}`);
  try {
    clearLeftovers(fs, place.parent);
    checkReplaceable(fs, path, target, force);
    const madeParent = fs.mkdirSync(place.parent, { recursive: true });
    try {
      fs.mkdirSync(fresh);
      for (const file of files) writeFlushed(fs, join(fresh, file.path), file);
      flushFolder(fs, fresh);
      putInPlace(place, fresh, target);
    } catch (fault) {
      clearAway(fs, fresh, place.parent, madeParent);
      throw fault;
    }
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === undefined) throw fault;
    fail('R8503', { path, reason: systemReason(fault) });
  }
}

interface Place {
  readonly fs: FolderFs;
  readonly parent: string;
  readonly name: string;
}

function hiddenPrefix(name: string): string {
  return `.${name}.raspc-`;
}

/** `--force` replaces a folder that a model was written to, or an empty one: never a folder of other things. */
function checkReplaceable(fs: FolderFs, path: string, target: string, force: boolean): void {
  const stat = fs.lstatSync(target, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!force) fail('R8504', { path });
  if (!stat.isDirectory()) fail('R8503', { path, reason: 'it is not a folder' });
  const entries = fs.readdirSync(target);
  if (entries.length > 0 && !entries.includes(MAP_FILE)) {
    fail('R8503', { path, reason: `it is a folder without \`${MAP_FILE}\`, so raspc did not write it and will not replace it` });
  }
}

/** Writes a new file and flushes it to the disk. */
export function writeFlushed(fs: FolderFs, path: string, { content }: Pick<PackedFile, 'content'>): void {
  const file = fs.openSync(path, 'wx');
  try {
    for (const chunk of content.chunks()) {
      for (let done = 0; done < chunk.length; ) done += fs.writeSync(file, chunk, done, chunk.length - done);
    }
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}

/** Makes a folder's entries durable, where the system can. */
export function flushFolder(fs: FolderFs, path: string): void {
  let file: number;
  try {
    file = fs.openSync(path, 'r');
  } catch {
    // some systems do not open folders; their renames are durable enough
    return;
  }
  try {
    fs.fsyncSync(file);
  } catch (fault) {
    if (!['EINVAL', 'EPERM', 'EBADF'].includes((fault as NodeJS.ErrnoException).code ?? '')) throw fault;
  } finally {
    fs.closeSync(file);
  }
}

function putInPlace({ fs, parent, name }: Place, fresh: string, target: string): void {
  const old = join(parent, `${hiddenPrefix(name)}old-${process.pid}-${writes}`);
  const replaces = fs.existsSync(target);
  if (replaces) fs.renameSync(target, old);
  try {
    fs.renameSync(fresh, target);
  } catch (fault) {
    if (replaces) fs.renameSync(old, target);
    throw fault;
  }
  flushFolder(fs, parent);
  if (replaces) fs.rmSync(old, { recursive: true, force: true });
}

/** Takes back what a failed write made. Whatever refuses now is left: the failure itself is what has to be told. */
function clearAway(fs: FolderFs, fresh: string, parent: string, madeParent: string | undefined): void {
  try {
    fs.rmSync(fresh, { recursive: true, force: true });
    if (madeParent === undefined) return;
    for (let made = parent; made.length >= madeParent.length; made = dirname(made)) fs.rmdirSync(made);
  } catch {
    // the next write to this place tries again
  }
}
