/**
 * The diagnostics of syntax, names, types and values: the bad program of each gives it and nothing else, the good one nothing at
 * all, and the text that a person sees is kept in tests/golden/diagnostics (`vitest run -u` on this file writes it).
 */
import { describe, expect, test } from 'vitest';
import { SYNTAX } from '../../../src/diagnostics/catalog/language/r1-syntax.ts';
import { NAMES } from '../../../src/diagnostics/catalog/language/r2-names.ts';
import { TYPES } from '../../../src/diagnostics/catalog/language/r3-types.ts';
import { VALUES } from '../../../src/diagnostics/catalog/language/r3-values.ts';
import type { CatalogEntry, Sample } from '../../../src/diagnostics/catalog-entry.ts';
import { type Diagnostic, DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { renderDiagnostics } from '../../../src/diagnostics/render.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { assertAssumed } from '../../../src/graph/evaluate/assumptions.ts';
import { checkExamples } from '../../../src/graph/evaluate/check-examples.ts';
import { evaluate, evaluationOptions } from '../../../src/graph/evaluate/evaluate.ts';
import { generate } from '../../../src/graph/evaluate/generate.ts';
import { sourceFile } from '../../../src/source/source-file.ts';

const ENTRIES = Object.entries({ ...SYNTAX, ...NAMES, ...TYPES, ...VALUES }) as [string, CatalogEntry<never>][];

/** Programs that cannot stand in an explanation, because they are too long or need other files. */
const LARGE: Readonly<Record<string, Sample>> = {
  R1029: { kind: 'program', source: `x = ${'('.repeat(1000)}1${')'.repeat(1000)};`, stage: 'check' },
  R1032: { kind: 'program', source: `x = ${'9'.repeat(1_000_000)};`, stage: 'check' },
  R1034: { kind: 'program', source: `x = [${'1, '.repeat(200_001)}1];`, stage: 'check' },
  R2005: { kind: 'program', source: 'load "loop";', stage: 'check' },
  R2010: { kind: 'program', source: 'load "broken";', stage: 'check' },
};
const FILES: Readonly<Record<string, string>> = { loop: 'load "loop";', broken: 'x = ;' };

/** What `raspc check` or `raspc run` says of a program. */
function diagnose(source: string, input: string | undefined, isRun: boolean): readonly Diagnostic[] {
  try {
    const loader = (path: string) => (path in FILES ? sourceFile(`${path}.rasp`, FILES[path] ?? '') : null);
    const program = loadProgram({ file: sourceFile('program.rasp', source), loader });
    if (input !== undefined && isRun && program.generation !== null) {
      generate(program, program.generation, [...input], { context: 4, most: 4 });
    } else if (input !== undefined) {
      assertAssumed(program, [...input]);
      evaluate(
        program.exports.map(({ node }) => node),
        [...input],
        evaluationOptions(program),
      );
    }
    return checkExamples(program);
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    throw error;
  }
}

function outcome(sample: Sample): readonly Diagnostic[] {
  if (sample.kind !== 'program') throw new Error('not a program');
  const input = sample.arguments?.[sample.arguments.indexOf('--input') + 1];
  return diagnose(sample.source, input, sample.arguments?.includes('--generate') ?? false);
}

describe.each(ENTRIES)('%s', (code, entry) => {
  const bad = LARGE[code] ?? entry.bad;

  test('is what its bad program gives', async () => {
    const diagnostics = outcome(bad);
    const [first] = diagnostics;
    expect(first?.code).toBe(code);
    // A file that is loaded brings its own faults along.
    if (code !== 'R2010') expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
    await expect(`${renderDiagnostics(diagnostics)}\n`).toMatchFileSnapshot(`../../golden/diagnostics/${code}.txt`);
  });

  test('is not given for its good program', () => {
    expect(outcome(entry.good)).toEqual([]);
  });

  test('speaks like the others', () => {
    const [diagnostic] = outcome(bad);
    const message = diagnostic?.message ?? '';
    expect(message).not.toMatch(/\.$|^[A-Z][a-z]|illegal|undefined|\[object/);
    for (const line of diagnostic?.help ?? []) expect(line).not.toMatch(/^[A-Z][a-z]|\.$|undefined/);
    expect(entry.explanation).toMatch(/\.$/);
    expect(entry.explanation.length).toBeGreaterThan(60);
  });
});

test('there are enough of them', () => {
  expect(ENTRIES.length).toBeGreaterThanOrEqual(80);
});
