/**
 * Looks for inputs on which a program has no value: a clash of types, an average of strings, a division by zero. It tries a hundred or so
 * short inputs over the program's own vocabulary, so what it finds is certain, and what it does not find is likely right.
 */
import { type Diagnostic, DiagnosticError } from '../diagnostics/diagnostic.ts';
import { evaluator } from '../graph/evaluate.ts';
import type { GraphNode } from '../graph/graph.ts';
import type { Program } from '../graph/program.ts';
import type { Value } from '../graph/value.ts';
import { adversarialInputs, allInputs, concatenate, countInputs, type InputSource, randomInputs } from './inputs.ts';

/** Long enough for every kind of selection. */
const LONGEST = 6;
const FEW = 100;
const SEED = 1;

/** One diagnostic for each root that fails, on the first input where it does. A program without a vocabulary is not tried. */
export function findFailures(program: Program, roots: readonly GraphNode[]): Diagnostic[] {
  if (program.vocabulary?.kind !== 'tokens') return [];
  const { values } = program.vocabulary;
  const inputs = shortInputs(values.length, Math.min(LONGEST, program.context?.length ?? LONGEST));
  const found = new Map<string, Diagnostic>();
  for (const root of roots) {
    const failure = firstFailure(program, root, values, inputs);
    // Several exports can fail in one place.
    for (const diagnostic of failure)
      found.set(`${diagnostic.code} ${diagnostic.primary?.span.start} ${diagnostic.primary?.span.file.path}`, diagnostic);
  }
  return [...found.values()];
}

function firstFailure(program: Program, root: GraphNode, vocabulary: readonly Value[], inputs: InputSource): readonly Diagnostic[] {
  const evaluate = evaluator([root], { causal: program.causal?.value ?? false });
  for (let i = 0; i < inputs.count; i++) {
    try {
      evaluate(Array.from(inputs.at(i), (token) => vocabulary[token] as Value));
    } catch (fault) {
      if (fault instanceof DiagnosticError) return fault.diagnostics;
      throw fault;
    }
  }
  return [];
}

function shortInputs(vocabulary: number, context: number): InputSource {
  if (countInputs(vocabulary, context) <= FEW) return allInputs(vocabulary, context);
  const edges = adversarialInputs(vocabulary, context);
  const step = Math.ceil(edges.count / FEW);
  const some = { count: Math.ceil(edges.count / step), at: (number: number) => edges.at(number * step) };
  return concatenate(some, randomInputs(vocabulary, context, FEW, SEED));
}
