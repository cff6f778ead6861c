/** The library for language models: every function is documented, its examples hold, and the table lists it; quotes and indentation of real text. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readStdLibrary, type StdFile, stdProgram } from '../../scripts/library/std-library.ts';
import { isAtom, isList, type Term } from '../../src/graph/elaborate/terms/term.ts';
import { evaluate } from '../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../src/graph/evaluate/sequence.ts';
import type { Value } from '../../src/graph/value.ts';
import { classFaults, tokenClasses } from '../../src/seed/program/token-classes.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { parseOrThrow } from '../../src/syntax/parse.ts';
import { openTokenizer, REAL_TOKENIZERS } from '../support/real-tokenizers.ts';

const files = readStdLibrary('lm');
const table = readFileSync('programs/lm/README.md', 'utf8');

describe.each(files.map((file) => [file.name, file] as const))('lm/%s', (_name, file) => {
  test('documents every function, and the table has it', () => {
    const defined = parseOrThrow(sourceFile(file.name, file.text)).statements.flatMap((statement) =>
      statement.kind === 'function' && !statement.name.name.startsWith('_') ? [statement.name.name] : [],
    );
    expect(file.functions.map(({ name }) => name)).toEqual(defined);
    for (const { name, signature, meaning, source, cost, examples } of file.functions) {
      for (const text of [meaning, source, cost]) expect(text, name).toMatch(/^.+\.$/);
      expect(examples.length, name).toBeGreaterThan(0);
      expect(table).toContain(`| \`${signature}\` |`);
    }
  });

  test.each(file.functions.flatMap(({ examples }) => examples.map((example) => [example.text, example] as const)))(
    '%s',
    (_text, example) => {
      const program = stdProgram(file, [], true);
      const input = atoms(program.evaluate(example.input)).map((value) => (typeof value === 'string' ? spelt(value) : value));
      expect(valuesOf(file.name, example.subject, input)).toEqual(
        atoms(program.evaluate(example.expected)).map((value) => (typeof value === 'string' ? spelt(value) : value)),
      );
    },
  );
});

/** No string of RASP has a line break or a double quote: examples write signs for them. */
function spelt(text: string): string {
  return text.replaceAll('↵', '\n').replaceAll('″', '"');
}

function atoms(term: Term): Value[] {
  if (!isList(term)) throw new Error('no list');
  return term.items.filter(isAtom);
}

function valuesOf(name: string, subject: string, input: readonly Value[]): unknown {
  const file = files.find((each) => each.name === name) as StdFile;
  // tokens without names are numbers here
  const vocabulary = file.vocabulary === 'any' ? 'range(0, 10)' : file.vocabulary;
  const node = stdProgram({ ...file, vocabulary }, [subject], true).exports[0]?.node as never;
  return (evaluate([node], input, { causal: true }).get(node) as Sequence).values;
}

describe('on text as GPT-2 cuts it', () => {
  const gpt2 = openTokenizer(REAL_TOKENIZERS['GPT-2']);
  const cut = (text: string) => gpt2.encode(text).map((id) => gpt2.texts[id] as string);

  test('what a text in double quotes is, and what it is not', () => {
    const input = cut('He said "come here" and "" left.');
    expect(input).toContain(' "');
    const quoted = valuesOf('nesting', 'in_quotes(tokens)', input) as boolean[];
    expect(input.filter((_, i) => quoted[i]).join('')).toBe(' "come here');
  });

  test('how far lines are indented, as Llama cuts them', () => {
    const llama = openTokenizer(REAL_TOKENIZERS.Llama);
    const input = llama.encode('def f(x):\n    if x:\n        return 1\n').map((id) => llama.texts[id] as string);
    const spaces = valuesOf('lines', 'indentation(tokens)', input) as bigint[];
    const before = valuesOf('lines', 'indentation_before(tokens)', input) as bigint[];
    expect([spaces[input.indexOf(' def')], spaces[input.indexOf(' if')], spaces[input.indexOf(' return')]]).toEqual([0n, 4n, 8n]);
    expect(before[input.indexOf(' return')]).toBe(4n);
  });

  test('every class has a token, but for typographic quotes and runs of spaces', () => {
    const empty = files.flatMap((file) =>
      file.vocabulary !== 'tokenizer'
        ? []
        : file.functions.filter(({ examples: [example] }) => {
            const program = stdProgram(file, [example?.subject as string], true);
            return classFaults(program, gpt2.texts).some(({ code }) => code === 'R7733');
          }),
    );
    expect(empty.map(({ name }) => name)).toEqual(['indentation', 'indentation_before', 'in_curly_quotes']);
  });

  test('classes are few', () => {
    const file = files.find(({ name }) => name === 'nesting') as never;
    expect(tokenClasses(stdProgram(file, ['open_bracket(tokens, 3)'], true), gpt2.texts).values.length).toBeLessThanOrEqual(8);
  });
});
