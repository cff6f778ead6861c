/** Reads program texts: bytes of a file or of standard input to a {@link SourceFile}, or a diagnostic that says why not. */
import { Buffer, isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail } from '../diagnostics/catalog.ts';
import { type SourceFile, sourceFile } from '../source/source-file.ts';
import type { Io } from './io.ts';
import { systemReason } from './system-reason.ts';

/** A program is a text that people write; more is a mistake in the file's name. */
const LARGEST_PROGRAM = 64 * 1024 * 1024;

/** `-` is standard input. The path stays as the user wrote it, in messages and everywhere else. */
export async function readSource(path: string, io: Io): Promise<SourceFile> {
  if (path === '-') return sourceFile('<stdin>', decode('<stdin>', await io.stdin.read()));
  return sourceFile(path, decode(path, readBytes(path, io.directory)));
}

/** The text of a file that a program loads, null if there is none. */
export function readLoaded(path: string, directory: string): string | null {
  try {
    return decode(path, readFileSync(resolve(directory, path)));
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if ((fault as NodeJS.ErrnoException).code === undefined) throw fault;
    return fail('R8501', { path, reason: systemReason(fault) });
  }
}

function readBytes(path: string, directory: string): Uint8Array {
  let file: number | undefined;
  try {
    file = openSync(resolve(directory, path), 'r');
    const bytes = fstatSync(file).size;
    if (bytes > LARGEST_PROGRAM) fail('R8505', { path, bytes, limit: LARGEST_PROGRAM });
    return readFileSync(file);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).syscall === undefined) throw fault;
    return fail('R8501', { path, reason: systemReason(fault) });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function decode(path: string, bytes: Uint8Array): string {
  if (!isUtf8(bytes)) fail('R8502', { path, offset: firstInvalidByte(bytes) });
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** Bisects: a prefix decodes until it holds the first bad byte. */
function firstInvalidByte(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (decodes(bytes.subarray(0, middle + 1))) low = middle + 1;
    else high = middle;
  }
  return low;
}

function decodes(prefix: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(prefix, { stream: true });
    return true;
  } catch {
    return false;
  }
}
