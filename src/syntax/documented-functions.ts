/** What a file of functions says of each in the comment block before it: its meaning, source, cost, and examples that hold. */
import { sourceFile } from '../source/source-file.ts';
import type { Expression } from './ast.ts';
import { parseExpression } from './parse.ts';
import { printExpression } from './print.ts';

/** In which direction an example holds: `Example` in both. */
export type ExampleMeaning = 'Example' | 'Causal' | 'Bidirectional';

/** `# Example: EXPRESSION(INPUT) == RESULT` */
export interface DocumentedExample {
  readonly meaning: ExampleMeaning;
  /** As written. */
  readonly text: string;
  /** What is applied to the input. */
  readonly subject: string;
  readonly input: Expression;
  readonly applied: Expression;
  readonly expected: Expression;
}

/** A function, or an s-op or a selector by itself, with its comment block. */
export interface DocumentedFunction {
  readonly name: string;
  /** As its block writes it: `back(seq, n, filler)`. */
  readonly signature: string;
  readonly meaning: string;
  readonly source: string;
  readonly examples: readonly DocumentedExample[];
  readonly cost: string;
}

export interface DocumentedFile {
  readonly summary: string;
  /** What examples and costs are given for, as after `@vocab`; empty where the file does not say. */
  readonly vocabulary: string;
  readonly functions: readonly DocumentedFunction[];
}

const BLOCK = /^(?:#.*\n)+/gm;
const SIGNATURE = /^([a-z]\w*)(?:\([^)]*\))?(?=: )/;
const FIELD = /^(Source|Example|Causal|Bidirectional|Cost|Vocabulary): /;

export function readDocumented(text: string): DocumentedFile {
  const [header = [], ...blocks] = [...text.matchAll(BLOCK)].map(([block]) => fieldsOf(block));
  return {
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
function functionOf(fields: readonly Field[]): DocumentedFunction | null {
  const head = fieldOf(fields, 'meaning');
  const [signature, name] = SIGNATURE.exec(head) ?? [];
  if (signature === undefined || name === undefined) return null;
  const examples = fields.flatMap(({ key, value }) =>
    key === 'Example' || key === 'Causal' || key === 'Bidirectional' ? [exampleOf(key, value)] : [],
  );
  const meaning = head.slice(signature.length + 2);
  return { name, signature, meaning, source: fieldOf(fields, 'Source'), examples, cost: fieldOf(fields, 'Cost') };
}

function exampleOf(meaning: ExampleMeaning, text: string): DocumentedExample {
  const { expression } = parseExpression(sourceFile('<example>', text));
  if (expression?.kind !== 'binary' || expression.operator !== '==') throw new Error(`not an example: ${text}`);
  const { left: applied, right: expected } = expression;
  const [input, ...more] = applied.kind === 'call' ? applied.args : [];
  if (applied.kind !== 'call' || input === undefined || more.length > 0) throw new Error(`not applied to an input: ${text}`);
  return { meaning, text, subject: printExpression(applied.callee), input, applied, expected };
}
