/** Checks what a program says of itself: every `@example`, evaluated. */
import { diagnose } from '../../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { isSelector } from '../graph.ts';
import type { Program } from '../program.ts';
import { type Value, valuesEqual } from '../value.ts';
import { brokenAssumption } from './assumptions.ts';
import { Evaluation, evaluationOptions, inputText } from './evaluate.ts';
import { onlyToken, tokenTexts } from './open-tokens.ts';
import type { Mixture } from './sequence.ts';
import { sourceText } from './values/python-text.ts';

/** A diagnostic for every example that does not hold, or has no value at all. */
export function checkExamples(program: Program): Diagnostic[] {
  return program.examples.flatMap(({ name, node, input, expected, span }) => {
    if (isSelector(node)) return [];
    const broken = brokenAssumption(program, input);
    if (broken !== null) return [{ ...broken, primary: span === null ? null : { span, text: '' }, secondary: assumedAt(broken) }];
    try {
      const { values, mixtures } = new Evaluation(input, evaluationOptions(program)).sequence(node);
      const shown = values.map((value, i) => single(value, mixtures?.get(i)));
      if (shown.length === expected.length && shown.every((value, i) => value !== null && agrees(value, expected[i] ?? false))) return [];
      const facts = {
        name,
        input: inputText(input),
        expected: listText(expected.map(sourceText)),
        actual: listText(tokenTexts({ values, mixtures }, sourceText)),
      };
      return [diagnose('R3034', facts, { span })];
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      return error.diagnostics;
    }
  });
}

function assumedAt({ primary }: Diagnostic): Diagnostic['secondary'] {
  return primary === null ? [] : [{ span: primary.span, text: 'this is assumed' }];
}

/** Floats may differ by one part in 10^9; everything else is equal, in Python's sense. */
export function agrees(actual: Value, expected: Value): boolean {
  if (valuesEqual(actual, expected)) return true;
  if (typeof actual === 'string' || typeof expected === 'string' || (typeof actual !== 'number' && typeof expected !== 'number'))
    return false;
  const a = Number(actual);
  const b = Number(expected);
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

/** Null for what is no token, or a mixture: an example names values, and it is none. */
function single(value: Value, mixture: Mixture | undefined): Value | null {
  return mixture === undefined ? value : onlyToken(mixture);
}

function listText(texts: readonly string[]): string {
  return `[${texts.join(', ')}]`;
}
