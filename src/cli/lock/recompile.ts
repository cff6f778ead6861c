/** Compiles a checkpoint's program again, with the options that the folder tells, into a folder that is taken away afterwards. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { CONFIG_FILE } from '../../checkpoint/config/config-value.ts';
import { readJsonFile } from '../../checkpoint/json/read-json.ts';
import { isJsonObject } from '../../checkpoint/json/strict-json.ts';
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import { loadProgram } from '../../graph/elaborate/load-program.ts';
import { sourceText } from '../../graph/evaluate/values/python-text.ts';
import { valueKey } from '../../graph/value.ts';
import { sha256HexOfText } from '../../source/sha256.ts';
import { type SourceFile, sourceFile } from '../../source/source-file.ts';
import { compileFile, configureCompile } from '../compile/compile-file.ts';
import type { HashedFile } from '../files/compare-folders.ts';
import { type OpenFolder, openFolder } from '../files/model-folder.ts';
import { readText } from '../files/read-source.ts';
import { sourceLoader } from '../files/source-loader.ts';
import type { Session } from '../session/session.ts';

/** The program and every file that it loads, with the hashes of their texts. */
export function hashSources(program: string, directory: string): HashedFile[] {
  const files = new Map<string, SourceFile>();
  const file = sourceFile(program, readText(program, directory));
  files.set(file.path, file);
  const find = sourceLoader(program, directory);
  loadProgram({
    file,
    loader(path) {
      const found = find(path);
      if (found !== null) files.set(found.path, found);
      return found;
    },
  });
  return [...files.values()].map(({ path, text }) => ({ path, sha256: sha256HexOfText(text) }));
}

const COMPUTE: ReadonlyMap<unknown, string> = new Map([
  ['float32', 'f32'],
  ['float16', 'f16'],
  ['bfloat16', 'bf16'],
]);

/** Options under which `raspc compile` gives this folder, as far as it tells; what the program's own directives say is left out. */
export function compileOptionsOf(map: CircuitMap, folder: OpenFolder, directory: string): string[] {
  const text = readText(map.program.file, directory);
  const own = loadProgram({ file: sourceFile(map.program.file, text), loader: sourceLoader(map.program.file, directory) });
  const exports = map.outputs.map(({ name }) => name);
  const values = map.vocabulary.map(({ value }) => value);
  const keys = (list: readonly (typeof values)[number][]) => list.map(valueKey).join();
  const isOwnVocabulary = own.vocabulary?.kind === 'tokens' && keys(own.vocabulary.values) === keys(values);
  const config = readJsonFile(folder, CONFIG_FILE);
  const compute = COMPUTE.get(isJsonObject(config) ? config.get('dtype') : undefined);
  return [
    ...['--target', map.target, '--dtype', map.dtype],
    ...(compute === undefined ? [] : ['--compute', compute]),
    ...(map.exactSchedule ? ['-O3'] : []),
    ...(map.effort === undefined ? [] : ['--effort', String(map.effort)]),
    ...(own.context?.length === map.context ? [] : ['--context', String(map.context)]),
    ...((own.causal?.value ?? false) === map.causal ? [] : [map.causal ? '--causal' : '--bidirectional']),
    ...(isOwnVocabulary ? [] : ['--vocab', `[${values.map(sourceText).join(', ')}]`]),
    ...(map.certificate.holds === true ? [] : ['--unproven']),
    ...(own.exports.map(({ name }) => name).join() === exports.join() ? [] : ['--export', ...exports]),
  ];
}

/** Hands the fresh folder to `use`. Diagnostics: those of compiling. */
export async function withRecompiled<Result>(
  session: Session,
  program: string,
  options: readonly string[],
  use: (folder: OpenFolder) => Result,
): Promise<Result> {
  const scratch = mkdtempSync(join(tmpdir(), 'raspc-'));
  const output = relative(session.io.directory, join(scratch, 'model'));
  try {
    const command = configureCompile(new Command().exitOverride());
    command.parse([program, '--output', output, ...options], { from: 'user' });
    const silent: Session = { ...session, format: 'text', print: () => {}, printJson: () => {}, remark: () => {} };
    const [file = ''] = command.args;
    await compileFile(silent, file, command.opts());
    const folder = openFolder(output, session.io.directory);
    try {
      return use(folder);
    } finally {
      folder.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
