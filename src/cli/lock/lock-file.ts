/** raspc.lock: which checkpoints there are, what they were compiled from and how, and the hashes of everything. */
import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { countShape, listShape, objectShape, type Refuse, textShape } from '../../checkpoint/json/json-shape.ts';
import { jsonText } from '../../checkpoint/json/json-text.ts';
import { describeJson, JsonError, type JsonTree, parseStrictJson } from '../../checkpoint/json/strict-json.ts';
import { fileOfText } from '../../checkpoint/safetensors/write-safetensors.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { readText } from '../files/read-source.ts';
import { writeFile } from '../files/write-file.ts';

export const LOCK_FILE = 'raspc.lock';
const LOCK_SCHEMA = 1;

interface LockedFile {
  readonly path: string;
  readonly sha256: string;
}

export interface LockedCheckpoint {
  /** The folder, from where the lock file lies. */
  readonly dir: string;
  readonly program: string;
  /** The options of `raspc compile` that give the folder, as it tells them, and those that it does not tell. */
  readonly options: readonly string[];
  readonly given: readonly string[];
  /** The version of raspc that it was locked by. */
  readonly raspc: string;
  /** The program, and what it loads. */
  readonly sources: readonly LockedFile[];
  /** What lies in the folder. */
  readonly files: readonly LockedFile[];
}

const filesShape = listShape(objectShape<LockedFile>({ path: textShape, sha256: textShape }));
const lockShape = objectShape<{ readonly lock: number; readonly checkpoints: readonly LockedCheckpoint[] }>({
  lock: countShape,
  checkpoints: listShape(
    objectShape<LockedCheckpoint>({
      dir: textShape,
      program: textShape,
      options: listShape(textShape),
      given: listShape(textShape),
      raspc: textShape,
      sources: filesShape,
      files: filesShape,
    }),
  ),
});

/** No entries where there is no such file. Diagnostics: R7605. */
export function readLock(directory: string): readonly LockedCheckpoint[] {
  if (!existsSync(resolve(directory, LOCK_FILE))) return [];
  const refuse: Refuse = (at, found, expected) => fail('R7605', { path: LOCK_FILE, why: `\`${at}\` is ${found}, but must be ${expected}` });
  const { lock, checkpoints } = lockShape(parse(readText(LOCK_FILE, directory)), '', refuse);
  if (lock !== LOCK_SCHEMA) refuse('lock', describeJson(BigInt(lock)), String(LOCK_SCHEMA));
  return checkpoints;
}

function parse(text: string): JsonTree {
  try {
    return parseStrictJson(text);
  } catch (fault) {
    if (fault instanceof JsonError) return fail('R7605', { path: LOCK_FILE, why: fault.message });
    throw fault;
  }
}

/** Entries stand in the order of their folders' names, so that the same checkpoints give the same file. */
export function writeLock(checkpoints: readonly LockedCheckpoint[], directory: string): void {
  const sorted = [...checkpoints].sort((a, b) => (a.dir < b.dir ? -1 : 1));
  const entries = sorted.map(({ dir, program, options, given, raspc, sources, files }) => ({
    dir,
    program,
    options,
    given,
    raspc,
    sources: sources.map(({ path, sha256 }) => ({ path, sha256 })),
    files: files.map(({ path, sha256 }) => ({ path, sha256 })),
  }));
  writeFile(LOCK_FILE, fileOfText(jsonText({ lock: LOCK_SCHEMA, checkpoints: entries })), { directory, force: true });
}

/** One name for one folder, wherever it was typed. */
export function lockedName(dir: string, directory: string): string {
  const path = relative(directory, resolve(directory, dir)).replaceAll('\\', '/');
  return path === '' || isAbsolute(path) ? dir : path;
}
