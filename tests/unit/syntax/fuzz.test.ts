/** Whatever the text is, it is a program or it has diagnostics: nothing crashes, hangs or says what is not so. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { renderDiagnostics } from '../../../src/diagnostics/render.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { checkExamples } from '../../../src/graph/evaluate/check-examples.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { parseInput, parseSource } from '../../../src/syntax/parse.ts';

/** Checks a text as `raspc check` does; every diagnostic has to be one that can be shown. */
function check(text: string): void {
  const file = sourceFile('fuzz.rasp', text);
  parseInput(file);
  try {
    checkExamples(loadProgram({ file, loader: () => null }));
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    expect(error.diagnostics.length).toBeGreaterThan(0);
    for (const { code, primary } of error.diagnostics) {
      expect(code).toMatch(/^R[123]\d{3}$/);
      if (primary === null) continue;
      expect(primary.span.start).toBeGreaterThanOrEqual(0);
      expect(primary.span.end).toBeGreaterThanOrEqual(primary.span.start);
      expect(primary.span.end).toBeLessThanOrEqual(primary.span.file.text.length);
    }
    expect(renderDiagnostics(error.diagnostics)).toContain('[R');
  }
}

const programs = new URL('../../../programs/', import.meta.url);
const texts = readdirSync(programs)
  .filter((name) => name.endsWith('.rasp'))
  .map((name) => readFileSync(new URL(name, programs), 'utf8'));

const WORDS = [
  'x',
  'tokens',
  'indices',
  'length',
  'f',
  '1',
  '2.5',
  '"a"',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ';',
  ':',
  '=',
  '==',
  '!=',
  '<',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  'def',
  'return',
  'for',
  'in',
  'if',
  'else',
  'not',
  'and',
  'or',
  'select(',
  'aggregate(',
  'range(',
  'zip(',
  'len(',
  'round',
  'indicator',
  'set',
  'show',
  'example',
  'examples',
  'on',
  'off',
  's-op',
  'selector',
  'load',
  'draw',
  'exit',
  '@vocab',
  '@export',
  '@example',
  '@context',
  '@causal',
  '@',
  '#',
  '\n',
  "'",
  '.',
  '$',
  'full_s',
  'sort',
];

describe('fuzzing', () => {
  test('random characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), check), { numRuns: 200 });
  });

  test('random words of the language', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }), (words) => check(words.join(' '))),
      { numRuns: 400 },
    );
  });

  test('random edits of real programs', () => {
    const edit = fc.record({ at: fc.nat(), remove: fc.nat({ max: 8 }), insert: fc.constantFrom('', ...WORDS) });
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 4 }), (text, edits) => {
        let edited = text;
        for (const { at, remove, insert } of edits) {
          const from = at % (edited.length + 1);
          edited = edited.slice(0, from) + insert + edited.slice(from + remove);
        }
        check(edited);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ['brackets', '('.repeat(100_000)],
    ['blocks', 'for i in [1] {'.repeat(5000)],
    ['signs', `x = ${'-'.repeat(100_000)}1;`],
    ['conditions', `x = ${'1 if '.repeat(20_000)}1;`],
    ['indices', `x = [1]${'[0]'.repeat(20_000)};`],
    ['calls', `x = f${'(1)'.repeat(20_000)};`],
    ['digits', `x = ${'9'.repeat(300_000)};`],
    ['a long sum', `x = 1${' + 1'.repeat(20_000)};`],
    ['separators', ';'.repeat(50_000)],
    ['closers', '}'.repeat(50_000)],
    ['keywords', 'def '.repeat(20_000)],
    ['directives', 'x=@ $'.repeat(5000)],
    ['quotes', `${'"'.repeat(50_001)};`],
    ['powers', 'x = 2^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2^2;'],
    ['doubling', 'x = [0]; for i in range(100) { x = x + x; }'],
    ['recursion', 'def f(x) { return f(x) + f(x); } y = f(indices);'],
    ['wide nesting', `def f(n) { return 0 if n == 0 else ${'[0 + '.repeat(150)}f(n - 1)${'][0]'.repeat(150)}; }\nx = f(390);`],
  ])('%s without end', (_name, text) => {
    const before = process.cpuUsage();
    check(text);
    const { user } = process.cpuUsage(before);
    expect(user / 1e6).toBeLessThan(10);
  });
});

test('a file of 20,000 lines is parsed in less than two seconds', () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `x${i} = aggregate(select(indices, indices - ${i}, ==), tokens, "a");`).join('\n');
  const before = process.cpuUsage();
  expect(parseSource(sourceFile('long.rasp', lines)).ast?.statements.length).toBe(20_000);
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(2.5);
});
