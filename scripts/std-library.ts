/** What the files of programs/std say of themselves: each function's comment block, and its examples as programs. */
import { readdirSync, readFileSync } from 'node:fs';
import { packagePath } from '../src/cli/files/package-path.ts';
import { sourceLoader } from '../src/cli/files/source-loader.ts';
import type { ElaboratedProgram } from '../src/graph/elaborate/elaborate.ts';
import { loadProgram } from '../src/graph/elaborate/load-program.ts';
import { isAtom, isList, type Term } from '../src/graph/elaborate/term.ts';
import { sourceFile } from '../src/source/source-file.ts';
import type { Expression } from '../src/syntax/ast.ts';
import { parseExpression } from '../src/syntax/parse.ts';
import { printExpression } from '../src/syntax/print.ts';

/** The longest input that the functions are compiled for. */
export const STD_CONTEXT = 16;

/** Folders of programs/ that are libraries, and the longest input that their functions are measured on. */
export const LIBRARIES = { std: STD_CONTEXT, lm: 32 } as const;
export type LibraryName = keyof typeof LIBRARIES;

/** In which direction an example holds: `Example` in both. */
export type StdMeaning = 'Example' | 'Causal' | 'Bidirectional';

/** `# Example: EXPRESSION(INPUT) == RESULT` */
export interface StdExample {
  readonly meaning: StdMeaning;
  /** As written. */
  readonly text: string;
  /** What is applied to the input. */
  readonly subject: string;
  readonly input: Expression;
  readonly applied: Expression;
  readonly expected: Expression;
}

/** A function, or an s-op or a selector by itself, with its comment block. */
export interface StdFunction {
  readonly name: string;
  /** As its block writes it: `back(seq, n, filler)`. */
  readonly signature: string;
  readonly meaning: string;
  readonly source: string;
  readonly examples: readonly StdExample[];
  readonly cost: string;
}

export interface StdFile {
  readonly library: LibraryName;
  /** `positions` for programs/std/positions.rasp. */
  readonly name: string;
  readonly text: string;
  readonly summary: string;
  /** What examples and costs are given for, as after `@vocab`. */
  readonly vocabulary: string;
  readonly functions: readonly StdFunction[];
}

const BLOCK = /^(?:#.*\n)+/gm;
const SIGNATURE = /^([a-z]\w*)(?:\([^)]*\))?(?=: )/;
const FIELD = /^(Source|Example|Causal|Bidirectional|Cost|Vocabulary): /;

export function readStdLibrary(library: LibraryName = 'std'): StdFile[] {
  return readdirSync(packagePath('programs', library))
    .filter((name) => name.endsWith('.rasp'))
    .sort()
    .map((name) => readStdFile(library, name.slice(0, -'.rasp'.length)));
}

function readStdFile(library: LibraryName, name: string): StdFile {
  const text = readFileSync(packagePath('programs', library, `${name}.rasp`), 'utf8');
  const [header = [], ...blocks] = [...text.matchAll(BLOCK)].map(([block]) => fieldsOf(block));
  return {
    library,
    name,
    text,
    summary: fieldOf(header, 'meaning'),
    vocabulary: fieldOf(header, 'Vocabulary'),
    functions: blocks.flatMap((fields) => functionOf(fields) ?? []),
  };
}

interface Field {
  readonly key: string;
  readonly value: string;
}

/** A block's fields; a line that starts none goes on with the one before. What comes first is the meaning. */
function fieldsOf(block: string): Field[] {
  const fields: { key: string; value: string }[] = [];
  for (const line of block.trimEnd().split('\n')) {
    const content = line.replace(/^# ?/, '');
    const key = FIELD.exec(content)?.[1];
    const last = fields.at(-1);
    if (key !== undefined) fields.push({ key, value: content.slice(key.length + 2) });
    else if (last !== undefined) last.value += ` ${content}`;
    else fields.push({ key: 'meaning', value: content });
  }
  return fields;
}

function fieldOf(fields: readonly Field[], key: string): string {
  return fields.find((field) => field.key === key)?.value ?? '';
}

/** Null for a comment that is not such a block. */
function functionOf(fields: readonly Field[]): StdFunction | null {
  const head = fieldOf(fields, 'meaning');
  const [signature, name] = SIGNATURE.exec(head) ?? [];
  if (signature === undefined || name === undefined) return null;
  const examples = fields.flatMap(({ key, value }) =>
    key === 'Example' || key === 'Causal' || key === 'Bidirectional' ? [exampleOf(key, value)] : [],
  );
  const meaning = head.slice(signature.length + 2);
  return { name, signature, meaning, source: fieldOf(fields, 'Source'), examples, cost: fieldOf(fields, 'Cost') };
}

function exampleOf(meaning: StdMeaning, text: string): StdExample {
  const { expression } = parseExpression(sourceFile('<example>', text));
  if (expression?.kind !== 'binary' || expression.operator !== '==') throw new Error(`not an example: ${text}`);
  const { left: applied, right: expected } = expression;
  const [input, ...more] = applied.kind === 'call' ? applied.args : [];
  if (applied.kind !== 'call' || input === undefined || more.length > 0) throw new Error(`not applied to an input: ${text}`);
  return { meaning, text, subject: printExpression(applied.callee), input, applied, expected };
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
export function causalSubject(file: StdFile, { examples }: StdFunction): string | null {
  const program = stdProgram(file, [], true);
  const sequence = examples.find(({ meaning, expected }) => {
    if (meaning === 'Bidirectional') return false;
    const value = program.evaluate(expected);
    return isList(value) && value.items.every(isAtom);
  });
  return sequence?.subject ?? null;
}
