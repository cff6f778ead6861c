/** A folder on disk as a {@link ModelFolder}: files are opened when they are asked for, and read where they are asked for. */
import { Buffer } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fail } from '../../diagnostics/catalog.ts';
import type { ByteSource, ModelFolder } from '../../source/byte-source.ts';
import { systemReason } from './system-reason.ts';

/**
 * Without waiting: a pipe in place of a file would wait for a writer for ever. And no link, which could lead to any file of the machine;
 * systems that have no such flag have no such links either.
 */
const HOW = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

const LINKED = 'it is a symbolic link, and those of a model folder are not followed: copy the folder with `cp -RL`';

export interface OpenFolder extends ModelFolder {
  /** Closes the files that were opened; their sources are not to be read after that. */
  close(): void;
}

export function openFolder(path: string, directory: string): OpenFolder {
  const root = resolve(directory, path);
  const files: number[] = [];
  try {
    if (!statSync(root).isDirectory()) fail('R8501', { path, reason: 'it is not a folder' });
  } catch (fault) {
    refuse(fault, path);
  }
  return {
    path,
    open(name) {
      try {
        const file = openSync(join(root, name), HOW);
        files.push(file);
        return fileSource(file, join(path, name));
      } catch (fault) {
        const { code } = fault as NodeJS.ErrnoException;
        if (code === 'ENOENT') return null;
        if (code === 'ELOOP') fail('R8501', { path: join(path, name), reason: LINKED });
        return refuse(fault, join(path, name));
      }
    },
    close() {
      for (const file of files.splice(0)) closeSync(file);
    },
  };
}

function fileSource(file: number, path: string): ByteSource {
  const stat = fstatSync(file);
  if (!stat.isFile()) fail('R8501', { path, reason: 'it is not a regular file' });
  return {
    size: stat.size,
    read(offset, length, into) {
      const bytes = into === undefined ? Buffer.alloc(length) : Buffer.from(into.buffer, into.byteOffset, length);
      for (let done = 0; done < length; ) {
        const count = readPiece(file, bytes, done, offset + done, path);
        if (count === 0) fail('R8501', { path, reason: 'it became shorter while it was read' });
        done += count;
      }
      return bytes;
    },
  };
}

function readPiece(file: number, bytes: Buffer, at: number, position: number, path: string): number {
  try {
    return readSync(file, bytes, at, bytes.length - at, position);
  } catch (fault) {
    return refuse(fault, path);
  }
}

function refuse(fault: unknown, path: string): never {
  if ((fault as NodeJS.ErrnoException).code === undefined) throw fault;
  return fail('R8501', { path, reason: systemReason(fault) });
}
