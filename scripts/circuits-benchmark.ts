/**
 * The benchmark of benchmarks/circuits: `manifest` chooses its programs and writes them down, `build DIR [PROGRAM...]` compiles them for
 * each of its families, as folders DIR/PROGRAM/FAMILY.
 */
import { join } from 'node:path';
import process from 'node:process';
import { jsonText } from '../src/checkpoint/json/json-text.ts';
import { fileOfText } from '../src/checkpoint/safetensors/write-safetensors.ts';
import { writeFile } from '../src/cli/files/write-file.ts';
import {
  buildCircuit,
  CIRCUIT_COUNT,
  CIRCUIT_FAMILIES,
  type CircuitProgram,
  candidates,
  isTaken,
  MANIFEST,
  readManifest,
} from './circuit-programs.ts';

function writeManifest(): void {
  const programs: CircuitProgram[] = [];
  for (const program of candidates()) {
    if (programs.length === CIRCUIT_COUNT) break;
    if (isTaken(program)) programs.push(program);
  }
  writeFile(
    MANIFEST,
    fileOfText(jsonText({ schema: 1, families: [...CIRCUIT_FAMILIES], programs: programs.map((each) => ({ ...each })) })),
    {
      directory: '.',
      force: true,
    },
  );
}

function build(folder: string, names: readonly string[]): void {
  const programs = readManifest();
  const unknown = names.find((name) => programs.every((program) => program.name !== name));
  if (unknown !== undefined) throw new Error(`the manifest has no program ${unknown}`);
  for (const program of programs) {
    if (names.length > 0 && !names.includes(program.name)) continue;
    for (const target of CIRCUIT_FAMILIES) {
      for (const [path, content] of buildCircuit(program, target)) {
        writeFile(
          join(folder, program.name, target, path),
          { size: content.length, chunks: () => [content] },
          { directory: '.', force: true },
        );
      }
    }
  }
}

const [action, folder, ...names] = process.argv.slice(2);
if (action === 'manifest') writeManifest();
else if (action === 'build' && folder !== undefined) build(folder, names);
else {
  process.stderr.write('usage: npm run circuits -- build DIR [PROGRAM...], or manifest\n');
  process.exitCode = 2;
}
