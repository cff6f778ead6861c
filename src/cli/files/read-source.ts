/** Reads program texts: bytes of a file or of standard input to a {@link SourceFile}, or a diagnostic that says why not. */
import { Buffer, isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail } from '../../diagnostics/catalog.ts';
import { FOREIGN_LENGTH, foreignText } from '../../source/foreign-text.ts';
import { type SourceFile, sourceFile } from '../../source/source-file.ts';
import type { Io } from '../terminal/io.ts';
import { systemReason } from './system-reason.ts';

/** A program is a text that people write; more is a mistake in the file's name. */
const LARGEST_PROGRAM = 64 * 1024 * 1024;

/** `-` is standard input. The path stays as the user wrote it, in messages and everywhere else. */
export async function readSource(path: string, io: Io): Promise<SourceFile> {
  if (path === '-') return sourceFile('<stdin>', decode('<stdin>', await io.stdin.read()));
  return programOf(path, readText(path, io.directory));
}

/** A program's text, unless it is plainly none. */
export function programOf(path: string, text: string): SourceFile {
  const foreign = foreignText(text.slice(0, FOREIGN_LENGTH));
  return foreign === null ? sourceFile(path, text) : fail('R8506', { path, ...foreign });
}

export function readText(path: string, directory: string): string {
  return decode(path, readBytes(path, directory));
}

function readBytes(path: string, directory: string): Uint8Array {
  let file: number | undefined;
  try {
    file = openSync(resolve(directory, path), 'r');
    return readAll(file, path);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).syscall === undefined) throw fault;
    return fail('R8501', { path, reason: systemReason(fault) });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Piece by piece, since pipes and devices do not say how long they are, and some have no end. */
function readAll(file: number, path: string): Uint8Array {
  const pieces: Buffer[] = [];
  let bytes = fstatSync(file).size;
  for (let read = 0; ; ) {
    if (Math.max(bytes, read) > LARGEST_PROGRAM) fail('R8505', { path, bytes: Math.max(bytes, read), limit: LARGEST_PROGRAM });
    const piece = Buffer.allocUnsafe(Math.min(LARGEST_PROGRAM, Math.max(64 * 1024, bytes + 1 - read)));
    const count = readSync(file, piece);
    if (count === 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, count));
    read += count;
    bytes = Math.max(bytes, read);
  }
}

function decode(path: string, bytes: Uint8Array): string {
  if (!isUtf8(bytes)) fail('R8502', { path, offset: firstInvalidByte(bytes) });
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** Where the first sequence starts that is not UTF-8. Bisects: a prefix decodes until it holds the byte that breaks it. */
function firstInvalidByte(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (decodes(bytes.subarray(0, middle + 1))) low = middle + 1;
    else high = middle;
  }
  while (low > 0 && !isUtf8(bytes.subarray(0, low))) low--;
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
