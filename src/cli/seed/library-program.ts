/**
 * A file of the library as a program: each of its functions, applied to the tokens as its first example applies it, is an export. What looks ahead
 * and what is no sequence is none.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail } from '../../diagnostics/catalog.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { ElaboratedProgram } from '../../graph/elaborate/elaborate.ts';
import { isAtom, isList } from '../../graph/elaborate/terms/term.ts';
import { sourceFile } from '../../source/source-file.ts';
import { type DocumentedFunction, readDocumented } from '../../syntax/documented-functions.ts';
import { packagePath } from '../files/package-path.ts';
import { readText } from '../files/read-source.ts';
import { loadSource } from '../session/load-file.ts';
import type { Io } from '../terminal/io.ts';

/** `std/brackets`, or some of its functions: `std/brackets:bracket_depth,dyck_state`. */
const NAME = /^((?:std|lm)\/\w+)(?:\.rasp)?(?::([\w,]+))?$/;

/** What is seeded of a library file. */
export interface LibraryProgram {
  readonly program: ElaboratedProgram;
  /** The same with one export alone, for each. */
  readonly alone: (name: string) => ElaboratedProgram;
  /** The same without some exports. */
  readonly without: (names: ReadonlySet<string>) => ElaboratedProgram;
}

/** Null where `path` is no file of the library by name. Diagnostics: R8004 for a function that it has not. */
export function libraryProgram(path: string, io: Io): LibraryProgram | null {
  const [, name, functions] = NAME.exec(path) ?? [];
  if (name === undefined || existsSync(resolve(io.directory, path))) return null;
  const file = `${name}.rasp`;
  if (!existsSync(packagePath('programs', file))) return null;
  const text = readText(packagePath('programs', file), io.directory);
  const { vocabulary, functions: all } = readDocumented(text);
  const asked = functions?.split(',') ?? null;
  for (const each of asked ?? []) {
    if (!all.some((known) => known.name === each))
      fail('R8004', { option: path, value: each, expected: `functions of ${name}: ${all.map((known) => known.name).join(', ')}` });
  }
  const head = `@vocab ${vocabulary};\n@causal;\nload "${name}";\n`;
  const load = (lines: readonly string[]): ElaboratedProgram =>
    loadSource(sourceFile(`seeded-${name.replace('/', '-')}.rasp`, head + lines.join('')), io);
  const bare = load([]);
  const exports = all.flatMap((each) => {
    const subject = asked === null || asked.includes(each.name) ? subjectOf(bare, each) : null;
    if (subject === null) return [];
    // a function keeps its name, so that what it gives has another
    const own = subject === each.name ? each.name : `seeded_${each.name}`;
    const binding = own === subject ? '' : `${own} = ${subject};\n`;
    return [{ name: own, line: `${binding}@export ${own};\n` }];
  });
  const of = (keeps: (name: string) => boolean) => load(exports.filter((each) => keeps(each.name)).map(({ line }) => line));
  return { program: of(() => true), alone: (only) => of((each) => each === only), without: (names) => of((each) => !names.has(each)) };
}

/** What its first example applies to an input, of those that are sequences in a causal program. */
function subjectOf(program: ElaboratedProgram, { examples }: DocumentedFunction): string | null {
  const found = examples.find(({ meaning, expected }) => {
    if (meaning === 'Bidirectional') return false;
    const value = program.evaluate(expected);
    return isList(value) && value.items.every(isAtom);
  });
  return found?.subject ?? null;
}

/** What is thrown as a user's fault, in one line; other faults go on. */
export function refusalOf(attempt: () => unknown): string | null {
  try {
    attempt();
    return null;
  } catch (fault) {
    if (!(fault instanceof DiagnosticError)) throw fault;
    return fault.diagnostics[0]?.message ?? 'refused';
  }
}
