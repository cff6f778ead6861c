/**
 * Looks for inputs on which a program has no value: a clash of types, an average of strings, a division by zero. It tries a hundred or so
 * short inputs over the program's own vocabulary, so what it finds is certain, and what it does not find is likely right.
 */
import { type Diagnostic, DiagnosticError } from '../diagnostics/diagnostic.ts';
import { brokenAssumption } from '../graph/evaluate/assumptions.ts';
import { Evaluation } from '../graph/evaluate/evaluate.ts';
import { argumentsOf, type GraphNode, reachable } from '../graph/graph.ts';
import type { Program } from '../graph/program.ts';
import type { Value } from '../graph/value.ts';
import { repairedInputs } from './assumed-inputs.ts';
import { adversarialInputs, allInputs, concatenate, countInputs, type InputSource, randomInputs } from './inputs.ts';

/** Long enough for every kind of selection. */
const LONGEST = 6;
const FEW = 100;
const SEED = 1;
/** Of nodes on inputs, a quarter of a second or so: very long programs are tried on fewer inputs. */
const MOST_EVALUATIONS = 2 ** 17;

/** One diagnostic for each root that fails, on the first input where it does. A program without a vocabulary is not tried. */
export function findFailures(program: Program, roots: readonly GraphNode[]): Diagnostic[] {
  if (program.vocabulary?.kind !== 'tokens') return [];
  const { values } = program.vocabulary;
  const order = reachable(roots);
  const inputs = repairedInputs(shortInputs(values.length, Math.min(LONGEST, program.context?.length ?? LONGEST)), program, values);
  const step = Math.ceil(inputs.count / Math.max(1, Math.floor(MOST_EVALUATIONS / order.length)));
  const causal = program.causal?.value ?? false;
  const failures = new Map<GraphNode, readonly Diagnostic[]>();
  for (let i = 0; i < inputs.count && failures.size < roots.length; i += step) {
    const input = Array.from(inputs.at(i), (token) => values[token] as Value);
    if (brokenAssumption(program, input) !== null) continue;
    const failing = failuresOn(input, order, causal);
    for (const root of roots) {
      const failure = failing.get(root);
      if (failure !== undefined && !failures.has(root)) failures.set(root, failure);
    }
  }
  // Several roots can fail in one place.
  const found = roots.flatMap((root) => failures.get(root) ?? []);
  return [...new Map(found.map((each) => [`${each.code} ${each.primary?.span.start} ${each.primary?.span.file.path}`, each])).values()];
}

/** The nodes that have no value on an input, each with the fault of the first that has none below it. Arguments come before their users. */
function failuresOn(input: readonly Value[], order: readonly GraphNode[], causal: boolean): Map<GraphNode, readonly Diagnostic[]> {
  const evaluation = new Evaluation(input, { causal });
  const failing = new Map<GraphNode, readonly Diagnostic[]>();
  for (const node of order) {
    const argument = failing.size === 0 ? undefined : argumentsOf(node).find((each) => failing.has(each));
    const inherited = argument === undefined ? undefined : failing.get(argument);
    if (inherited !== undefined) failing.set(node, inherited);
    else {
      try {
        evaluation.evaluateNext(node);
      } catch (fault) {
        if (!(fault instanceof DiagnosticError)) throw fault;
        failing.set(node, fault.diagnostics);
      }
    }
  }
  return failing;
}

function shortInputs(vocabulary: number, context: number): InputSource {
  if (countInputs(vocabulary, context) <= FEW) return allInputs(vocabulary, context);
  const edges = adversarialInputs(vocabulary, context);
  const step = Math.ceil(edges.count / FEW);
  const some = { count: Math.ceil(edges.count / step), at: (number: number) => edges.at(number * step) };
  return concatenate(some, randomInputs(vocabulary, context, FEW, SEED));
}
