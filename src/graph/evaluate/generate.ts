/** The meaning of `@step`: a program that is run again and again on its own output, until it halts or its context is full. */
import { diagnose } from '../../diagnostics/catalog.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { Generation, Program } from '../program.ts';
import { type Value, valuesEqual } from '../value.ts';
import { assertAssumed } from './assumptions.ts';
import { evaluationOptions, evaluator, inputText } from './evaluate.ts';
import { mixtureText, onlyToken } from './open-tokens.ts';
import type { Sequence } from './sequence.ts';
import { sourceText } from './values/python-text.ts';

/** How a run ended: by the value of `@halt`, by the longest input, or by as many tokens as were asked for. */
export type RunEnd = 'halt' | 'context' | 'max';

export interface GeneratedRun {
  /** What was appended, without what ends the run. */
  readonly output: readonly Value[];
  readonly end: RunEnd;
}

export interface GenerationLimits {
  /** The longest input, of what was given and what was appended together. */
  readonly context: number;
  /** How many tokens are appended at most. */
  readonly most: number;
}

/** Throws R3510 where a run leaves what the program assumes, R3511 for a step that is no token. */
export function generate(
  program: Pick<Program, 'assumes' | 'causal' | 'vocabulary'>,
  generation: Generation,
  input: readonly Value[],
  { context, most }: GenerationLimits,
): GeneratedRun {
  const evaluate = evaluator([generation.node], evaluationOptions(program));
  const output: Value[] = [];
  for (;;) {
    const given = [...input, ...output];
    assertAssumed(program, given);
    if (output.length >= most) return { output, end: 'max' };
    const { values, mixtures } = evaluate(given).get(generation.node) as Sequence;
    const mixture = mixtures?.get(given.length - 1);
    const step = (mixture === undefined ? values.at(-1) : onlyToken(mixture)) ?? null;
    if (step === null) return refuse(generation, mixtureText(mixture ?? []), given);
    if (generation.halt !== null && valuesEqual(step, generation.halt.value)) return { output, end: 'halt' };
    if (given.length >= context) return { output, end: 'context' };
    output.push(tokenOf(program.vocabulary, step) ?? refuse(generation, sourceText(step), given));
  }
}

/** The vocabulary's own value; any, where there is no list of them. */
export function tokenOf(vocabulary: Program['vocabulary'], value: Value): Value | undefined {
  return vocabulary?.kind === 'tokens' ? vocabulary.values.find((token) => valuesEqual(token, value)) : value;
}

function refuse({ name, span }: Generation, value: string, input: readonly Value[]): never {
  throw new DiagnosticError([diagnose('R3511', { name, value, input: inputText(input) }, { span })]);
}
