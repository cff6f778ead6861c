/** What the files of programs/std say of themselves: each function's comment block, and its examples as programs. */
import { readdirSync, readFileSync } from 'node:fs';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { sourceLoader } from '../../src/cli/files/source-loader.ts';
import type { ElaboratedProgram } from '../../src/graph/elaborate/elaborate.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { isAtom, isList, type Term } from '../../src/graph/elaborate/terms/term.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { type DocumentedFunction, readDocumented } from '../../src/syntax/documented-functions.ts';

/** The longest input that the functions are compiled for. */
export const STD_CONTEXT = 16;

/** Folders of programs/ that are libraries, and the longest input that their functions are measured on. */
export const LIBRARIES = { std: STD_CONTEXT, lm: 32 } as const;
export type LibraryName = keyof typeof LIBRARIES;

export interface StdFile {
  readonly library: LibraryName;
  /** `positions` for programs/std/positions.rasp. */
  readonly name: string;
  readonly text: string;
  readonly summary: string;
  /** What examples and costs are given for, as after `@vocab`. */
  readonly vocabulary: string;
  readonly functions: readonly DocumentedFunction[];
}

export function readStdLibrary(library: LibraryName = 'std'): StdFile[] {
  return readdirSync(packagePath('programs', library))
    .filter((name) => name.endsWith('.rasp'))
    .sort()
    .map((name) => readStdFile(library, name.slice(0, -'.rasp'.length)));
}

function readStdFile(library: LibraryName, name: string): StdFile {
  const text = readFileSync(packagePath('programs', library, `${name}.rasp`), 'utf8');
  return { library, name, text, ...readDocumented(text) };
}

/** A program that loads the file, and exports these s-ops, if any. */
export function stdProgram(file: StdFile, subjects: readonly string[], causal: boolean): ElaboratedProgram {
  const source = sourceFile(`${file.name}-examples.rasp`, stdSource(file, subjects, causal));
  return loadProgram({ file: source, loader: sourceLoader('', packagePath()) });
}

export function stdSource({ library, name, vocabulary }: StdFile, subjects: readonly string[], causal: boolean): string {
  const lines = [
    `@vocab ${vocabulary};`,
    `@context ${LIBRARIES[library]};`,
    causal ? '@causal;' : '@bidirectional;',
    `load "${library}/${name}";`,
    ...subjects.map((subject, i) => `example_${i} = ${subject}; @export example_${i};`),
  ];
  return `${lines.join('\n')}\n`;
}

/** What examples apply to their inputs and is a sequence, which can be exported, in a program of one direction. */
export function stdSequences(file: StdFile, causal: boolean): string[] {
  const program = stdProgram(file, [], causal);
  const examples = file.functions.flatMap((each) => each.examples);
  const own = examples.filter(({ meaning }) => meaning !== (causal ? 'Bidirectional' : 'Causal'));
  const isSequence = (value: Term) => isList(value) && value.items.every(isAtom);
  return [...new Set(own.filter(({ expected }) => isSequence(program.evaluate(expected))).map(({ subject }) => subject))];
}

/** What a function is seeded by: its first example that is a sequence and holds in a causal program; null where there is none. */
export function causalSubject(file: StdFile, { examples }: DocumentedFunction): string | null {
  const program = stdProgram(file, [], true);
  const sequence = examples.find(({ meaning, expected }) => {
    if (meaning === 'Bidirectional') return false;
    const value = program.evaluate(expected);
    return isList(value) && value.items.every(isAtom);
  });
  return sequence?.subject ?? null;
}
