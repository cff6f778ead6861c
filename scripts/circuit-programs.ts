/** The programs of benchmarks/circuits: how they are chosen, where they are written down, and what they are compiled for. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { packagePath } from '../src/cli/files/package-path.ts';
import { sourceLoader } from '../src/cli/files/source-loader.ts';
import { probesOf } from '../src/dataset/behaviour.ts';
import { datasetPrograms } from '../src/dataset/dataset-programs.ts';
import { DiagnosticError } from '../src/diagnostics/diagnostic.ts';
import type { Value } from '../src/graph/value.ts';
import { type CompiledFiles, compileToFiles } from '../src/library/compile-to-files.ts';
import { evaluateFolder } from '../src/library/evaluate-folder.ts';
import { sha256HexOfText } from '../src/source/sha256.ts';
import { Random } from '../src/verify/random.ts';
import { causalSubject, readStdLibrary } from './library/std-library.ts';

/** One of each way in which attention, MLP and norms stand to the stream. */
export const CIRCUIT_FAMILIES = ['gpt2', 'llama', 'gpt-neox', 'bert'] as const;
export const CIRCUIT_COUNT = 200;
/** Long enough for every program to do what it does, and short enough for methods that try everything. */
const CONTEXT = 8;
const TRIES = 64;
const RANDOM = { vocabulary: 'abc', context: 6, causal: true, seed: 2026 };

export interface CircuitProgram {
  /** Of no other program: also the name of its folder. */
  readonly name: string;
  readonly kind: 'example' | 'library' | 'random';
  readonly source: string;
  readonly sha256: string;
}

export const MANIFEST = packagePath('benchmarks', 'circuits', 'manifest.json');

export function readManifest(): readonly CircuitProgram[] {
  return (JSON.parse(readFileSync(MANIFEST, 'utf8')) as { programs: CircuitProgram[] }).programs;
}

/** The files of one program in one family. Throws a DiagnosticError for one that is refused. */
export function buildCircuit(program: CircuitProgram, target: string): ReadonlyMap<string, Uint8Array> {
  return compiledCircuit(program, target).files;
}

function compiledCircuit({ name, source }: CircuitProgram, target: string): CompiledFiles {
  const loader = sourceLoader('', packagePath());
  return compileToFiles(source, { name: `${name}.rasp`, target, load: (path) => loader(path)?.text ?? null });
}

/** Whether each family takes it, and whether what it says of inputs of one length depends on their tokens: there is no other corruption. */
export function isTaken(program: CircuitProgram): boolean {
  try {
    const [compiled] = CIRCUIT_FAMILIES.map((target) => compiledCircuit(program, target));
    return saysDifferent(compiled as CompiledFiles);
  } catch (fault) {
    if (fault instanceof DiagnosticError) return false;
    throw fault;
  }
}

/** Whether inputs of the longest length, of few different tokens each, have different outputs. */
function saysDifferent({ folder, map: { vocabulary, context } }: CompiledFiles): boolean {
  const random = new Random(0, 1);
  const said = new Set<string>();
  for (let i = 0; i < TRIES; i++) {
    const some = Array.from({ length: 1 + (i % 3) }, () => vocabulary[random.below(vocabulary.length)]?.value);
    const input = Array.from({ length: context }, () => some[random.below(some.length)] as Value);
    said.add(JSON.stringify(evaluateFolder(folder, input).map(({ values }) => values.map(String))));
    if (said.size > 1) return true;
  }
  return false;
}

/** The example programs, then a program for each function of the library, then random ones. */
export function* candidates(): Generator<CircuitProgram> {
  const entry = (kind: CircuitProgram['kind'], name: string, source: string) => ({ name, kind, source, sha256: sha256HexOfText(source) });
  for (const file of readdirSync(packagePath('programs')).sort()) {
    if (!file.endsWith('.rasp')) continue;
    const text = readFileSync(packagePath('programs', file), 'utf8');
    const statements = text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('@example'));
    const source = statements.map((line) => line.replace(/^@context \d+;/, `@context ${CONTEXT};`)).join('\n');
    yield entry('example', basename(file, '.rasp'), `${source}\n`);
  }
  for (const file of readStdLibrary()) {
    for (const each of file.functions) {
      const subject = causalSubject(file, each);
      if (subject === null) continue;
      const lines = [`@vocab ${file.vocabulary};`, `@context ${CONTEXT};`, '@causal;', `load "std/${file.name}";`];
      yield entry('library', `std-${each.name}`, `${[...lines, `answer = ${subject};`, '@export answer;'].join('\n')}\n`);
    }
  }
  for (const { number, source } of datasetPrograms(RANDOM, probesOf(RANDOM), 10 * CIRCUIT_COUNT)) {
    yield entry('random', `random-${String(number).padStart(3, '0')}`, source);
  }
}
