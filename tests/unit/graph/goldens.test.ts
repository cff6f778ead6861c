/** Every recorded answer of the reference implementation: the same value and the same type here, and an error for an error. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { isAtom, isDictionary, isList, isNode, type Term } from '../../../src/graph/elaborate/terms/term.ts';
import { evaluate } from '../../../src/graph/evaluate/evaluate.ts';
import { SelectorMatrix } from '../../../src/graph/evaluate/selector-matrix.ts';
import { valueText } from '../../../src/graph/evaluate/values/python-text.ts';
import { type Value, valueKey } from '../../../src/graph/value.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { parseExpression } from '../../../src/syntax/parse.ts';

interface Golden {
  readonly tag: string;
  readonly program: string;
  readonly setup: string;
  readonly input: string | readonly (string | number | boolean)[] | null;
  readonly kind: 'sop' | 'selector' | 'value' | 'error';
  readonly output: unknown;
  readonly type?: string;
  readonly prints: string;
}

const lines = readFileSync(new URL('../../fixtures/rasp-goldens.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const goldens = lines.map((line) => JSON.parse(line) as Golden);

/** JSON cannot tell 2 from 2.0; where it matters the recorded print does. */
function inputOf({ input }: Golden): Value[] {
  if (input === null) return ['h'];
  if (typeof input === 'string') return [...input];
  return input.map((value) => (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e15 ? BigInt(value) : value));
}

function run(golden: Golden): Term | { readonly type: string; readonly output: unknown; readonly text: string } {
  const program = loadProgram({ file: sourceFile('golden.rasp', golden.setup), loader: () => null });
  const { expression, diagnostics } = parseExpression(sourceFile('expression', golden.program));
  if (expression === null) throw new DiagnosticError(diagnostics);
  const term = program.evaluate(expression);
  if (!isNode(term)) return term;
  const result = evaluate([term], inputOf(golden), { causal: false }).get(term);
  if (result instanceof SelectorMatrix) return { type: 'selector', output: result.toRows(), text: '' };
  const values = result?.values ?? [];
  return { type: result?.type ?? '', output: values.map(json), text: shown(values, `${result?.type}s`) };
}

/** The reference's way to show a sequence of unrounded values, to compare types element by element. */
function shown(values: readonly Value[], type: string): string {
  const texts = values.map((value) => (typeof value === 'boolean' ? (value ? 'T' : 'F') : valueText(value)));
  return `[${texts.join(', ')}] (${type})`;
}

function json(value: Value): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function termJson(term: Term): unknown {
  if (isAtom(term)) return json(term);
  if (isList(term)) return term.items.map(termJson);
  if (isDictionary(term)) return Object.fromEntries([...term.entries.values()].map(([key, value]) => [valueText(key), termJson(value)]));
  throw new Error('neither a value nor a list nor a dictionary');
}

describe('the reference', () => {
  test.each(goldens.map((golden, index) => [index, golden.tag, golden.program, golden] as const))(
    '%i %s: %s',
    (_index, _tag, _program, golden) => {
      if (golden.kind === 'error') {
        expect(() => run(golden)).toThrow(DiagnosticError);
        return;
      }
      const result = run(golden);
      if (golden.kind === 'value') {
        expect(termJson(result as Term)).toEqual(golden.output);
        if (isAtom(result as Term))
          expect(golden.prints.endsWith(`=  ${typeof result === 'string' ? `"${result}"` : valueText(result as Value)}`)).toBe(true);
        return;
      }
      const { type, output, text } = result as { type: string; output: unknown; text: string };
      expect(output).toEqual(golden.output);
      if (golden.kind === 'selector') {
        expect(type).toBe('selector');
        return;
      }
      expect(type).toBe(golden.type);
      // Where nothing is rounded or abbreviated, the recorded print tells ints from floats too.
      if (!golden.prints.includes(']*') && type !== 'float') expect(golden.prints.endsWith(text)).toBe(true);
    },
  );

  test('has no two rows with the same question', () => {
    const keys = goldens.map((g) => JSON.stringify([g.program, g.setup, g.input]));
    expect(new Set(keys).size).toBeGreaterThan(200);
    expect(valueKey(1n)).not.toBe(valueKey(1));
  });
});
