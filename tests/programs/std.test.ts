/** The library: every function is documented, every example holds, as a program and as a model, and the table of costs is current. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readStdLibrary, type StdFile, stdProgram } from '../../scripts/library/std-library.ts';
import { isCausal, stdReadme } from '../../scripts/library/std-table.ts';
import type { ElaboratedProgram } from '../../src/graph/elaborate/elaborate.ts';
import { reservedRole } from '../../src/graph/elaborate/names/reserved-names.ts';
import { isAtom, isList, type Term } from '../../src/graph/elaborate/terms/term.ts';
import { agrees } from '../../src/graph/evaluate/check-examples.ts';
import type { Value } from '../../src/graph/value.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import type { Statement } from '../../src/syntax/ast.ts';
import type { DocumentedExample } from '../../src/syntax/documented-functions.ts';
import { parseOrThrow } from '../../src/syntax/parse.ts';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { cli } from '../cli/run-cli.ts';
import { compileAndLoad, type RunningModel } from '../support/compiled-model.ts';

const files = readStdLibrary();

/** Programs that only load a file; examples are expressions in them. */
const loaded = new Map(files.map((file) => [file, { causal: stdProgram(file, [], true), bidirectional: stdProgram(file, [], false) }]));

function programsOf(file: StdFile, { meaning }: DocumentedExample): ElaboratedProgram[] {
  const { causal, bidirectional } = loaded.get(file) as { causal: ElaboratedProgram; bidirectional: ElaboratedProgram };
  return meaning === 'Example' ? [causal, bidirectional] : [meaning === 'Causal' ? causal : bidirectional];
}

const models = new Map<string, RunningModel>();

function modelOf(file: StdFile, subject: string, causal: boolean): RunningModel {
  const key = `${file.name} ${causal} ${subject}`;
  const model = models.get(key) ?? compileAndLoad(stdProgram(file, [subject], causal), causal ? gpt2 : bert);
  models.set(key, model);
  return model;
}

test('covers what people write again and again', () => {
  const names = files.flatMap(({ functions }) => functions.map(({ name }) => name));
  expect(files.length).toBeGreaterThanOrEqual(12);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => reservedRole(name) !== null)).toEqual([]);
});

describe.each(files.map((file) => [file.name, file] as const))('std/%s', (_name, file) => {
  test('documents every function', () => {
    const defined = parseOrThrow(sourceFile(file.name, file.text)).statements.flatMap(signatureOf);
    expect(file.functions.map(({ signature }) => signature)).toEqual(defined);
    expect(file.summary).toMatch(/^[A-Z][^:]+: ./);
    for (const { name, meaning, source, cost, examples: own } of file.functions) {
      for (const text of [meaning, source, cost]) expect(text, name).toMatch(/^.+\.$/);
      expect(own.length, name).toBeGreaterThan(0);
    }
  });

  const examples = file.functions.flatMap((each) => each.examples);

  test.each(examples.map((example) => [example.meaning, example.text, example] as const))('%s: %s', (_meaning, _text, example) => {
    for (const program of programsOf(file, example)) expectSame(program.evaluate(example.applied), program.evaluate(example.expected));
  });

  test('computes its examples as models', () => {
    for (const example of examples) {
      const [program] = programsOf(file, example) as [ElaboratedProgram];
      const expected = valuesOf(program.evaluate(example.expected));
      // A selector is no output; another example of it is.
      if (expected === null) continue;
      const model = modelOf(file, example.subject, isCausal(example));
      const [said] = model.run(inputOf(program.evaluate(example.input)));
      expect(said?.values.map(number), example.text).toEqual(expected.map((value) => close(value)));
      expect(said?.margin ?? 1, example.text).toBeGreaterThan(0.1);
    }
  });
});

test('costs what the table says (else: npm run std-table)', () => {
  const table = stdReadme(files, (file, subject, causal) => modelOf(file, subject, causal).compiled);
  expect(readFileSync('programs/std/README.md', 'utf8')).toBe(table);
});

test('is found from any directory, by a program that is anywhere', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-std-'));
  const path = join(folder, 'program.rasp');
  writeFileSync(path, 'load "std/positions"; load "std/induction";\nx = induction(tokens, "?");\n');
  const argv = ['run', path, '--export', 'x', '--input', 'abab', '--format', 'json'];
  const { code, stdout } = await cli(argv, { directory: folder });
  rmSync(folder, { recursive: true });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).results[0].output).toEqual(['?', '?', 'b', 'a']);
});

/** What a statement defines for others to use, as a comment block writes it. */
function signatureOf(statement: Statement): string[] {
  const names =
    statement.kind === 'function'
      ? [[statement.name.name, `${statement.name.name}(${statement.parameters.map(({ name }) => name).join(', ')})`]]
      : statement.kind === 'assignment'
        ? statement.targets.map(({ name }) => [name, name])
        : [];
  return names.flatMap(([name = '', signature = '']) => (name.startsWith('_') ? [] : [signature]));
}

/** As Python compares, with room for the rounding of floats. */
function expectSame(actual: Term, expected: Term): void {
  if (isList(actual) && isList(expected)) {
    expect(actual.items.length).toBe(expected.items.length);
    actual.items.forEach((item, i) => {
      expectSame(item, expected.items[i] as Term);
    });
  } else if (!isAtom(actual) || !isAtom(expected) || !agrees(actual, expected)) expect(actual).toEqual(expected);
}

/** The values of a list of atoms; null for the rows of a selector. */
function valuesOf(term: Term): readonly Value[] | null {
  return isList(term) && term.items.every(isAtom) ? term.items.filter(isAtom) : null;
}

/** An input as it is written: a string is its characters. */
function inputOf(term: Term): readonly Value[] {
  return typeof term === 'string' ? [...term] : (valuesOf(term) ?? []);
}

/** A logit is chosen by value, so that 1, 1.0 and True are one. */
function number(value: Value): string | number {
  return typeof value === 'string' ? value : Number(value);
}

function close(value: Value): unknown {
  return typeof value === 'string' ? value : expect.closeTo(Number(value), 3);
}
