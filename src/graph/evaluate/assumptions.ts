/** Whether an input is one of a program's: every `@assume` holds at every position. */
import { diagnose } from '../../diagnostics/catalog.ts';
import { type Diagnostic, DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { SOp } from '../graph.ts';
import type { Program } from '../program.ts';
import type { Value } from '../value.ts';
import { Evaluation, evaluationOptions, inputText } from './evaluate.ts';
import { truthy } from './values/python-arithmetic.ts';

/** Why an input is none of the program's, at the first assumption that does not hold; null where all do. */
export function brokenAssumption(program: Pick<Program, 'assumes' | 'causal' | 'vocabulary'>, input: readonly Value[]): Diagnostic | null {
  if (program.assumes.length === 0) return null;
  const evaluation = new Evaluation(input, evaluationOptions(program));
  for (const { node, span } of program.assumes) {
    const position = firstBroken(evaluation, node);
    if (position !== undefined) return diagnose('R3510', { input: inputText(input), position }, { span });
  }
  return null;
}

/** Throws R3510 for an input that is none of the program's. */
export function assertAssumed(program: Pick<Program, 'assumes' | 'causal' | 'vocabulary'>, input: readonly Value[]): void {
  const broken = brokenAssumption(program, input);
  if (broken !== null) throw new DiagnosticError([broken]);
}

/** Whether conditions hold at every position. */
export function holdEverywhere(conditions: readonly SOp[], input: readonly Value[], causal: boolean): boolean {
  if (conditions.length === 0) return true;
  const evaluation = new Evaluation(input, { causal });
  return conditions.every((node) => firstBroken(evaluation, node) === undefined);
}

/** The first position where a condition does not hold, null where it has no value at all; undefined where it holds everywhere. */
function firstBroken(evaluation: Evaluation, node: SOp): number | null | undefined {
  try {
    const { values, mixtures } = evaluation.sequence(node);
    const at = values.findIndex((value, position) => mixtures?.has(position) || !truthy(value));
    return at < 0 ? undefined : at;
  } catch (error) {
    if (error instanceof DiagnosticError) return null;
    throw error;
  }
}
