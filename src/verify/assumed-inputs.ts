/**
 * Inputs on which a program's assumptions hold, made from any others: where one does not hold, tokens are changed as long as that brings
 * it nearer, by how far comparisons are from holding.
 */
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { Evaluation } from '../graph/evaluate/evaluate.ts';
import { truthy } from '../graph/evaluate/values/python-arithmetic.ts';
import type { SOp } from '../graph/graph.ts';
import type { Program } from '../graph/program.ts';
import type { Value } from '../graph/value.ts';
import type { InputSource } from './inputs.ts';
import { Random } from './random.ts';

/** Changes that are tried before an input is given up. */
const TRIES = 200;
const SEED = 7;

/** The same source, each input repaired where it breaks an assumption; one that cannot be repaired stays as it is. */
export function repairedInputs(source: InputSource, program: Program, vocabulary: readonly Value[]): InputSource {
  if (program.assumes.length === 0) return source;
  const conditions = program.assumes.map(({ node }) => node);
  const causal = program.causal?.value ?? false;
  const distance = (input: Uint32Array) =>
    distanceFrom(
      conditions,
      Array.from(input, (token) => vocabulary[token] as Value),
      causal,
    );
  return { count: source.count, at: (number) => repair(source.at(number), distance, new Random(SEED, number), vocabulary.length) };
}

function repair(input: Uint32Array, distance: (input: Uint32Array) => number, random: Random, vocabulary: number): Uint32Array {
  let current = input;
  let least = distance(current);
  for (let i = 0; i < TRIES && least > 0; i++) {
    const candidate = Uint32Array.from(current);
    const at = random.below(candidate.length);
    const other = random.below(candidate.length);
    // either another token, or two that change places
    if (random.below(3) === 0) [candidate[at], candidate[other]] = [candidate[other] as number, candidate[at] as number];
    else candidate[at] = random.below(vocabulary);
    const next = distance(candidate);
    if (next <= least) [current, least] = [candidate, next];
  }
  return current;
}

/** How far conditions are from holding at every position: 0 where all do. */
export function distanceFrom(conditions: readonly SOp[], input: readonly Value[], causal: boolean): number {
  const evaluation = new Evaluation(input, { causal });
  let total = 0;
  for (const condition of conditions) {
    try {
      for (let position = 0; position < input.length; position++) total += distanceAt(condition, evaluation, position);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      total += input.length;
    }
  }
  return total;
}

function distanceAt(node: SOp, evaluation: Evaluation, position: number): number {
  const value = (of: SOp) => evaluation.sequence(of).values[position] as Value;
  if (truthy(value(node))) return 0;
  if (node.kind !== 'elementwise' || node.operation.kind !== 'binary') return 1;
  const [left, right] = node.args as [SOp, SOp];
  if (node.operation.operator === 'and') return distanceAt(left, evaluation, position) + distanceAt(right, evaluation, position);
  if (node.operation.operator === 'or') return Math.min(distanceAt(left, evaluation, position), distanceAt(right, evaluation, position));
  const gap = Math.abs(Number(value(left)) - Number(value(right)));
  return Number.isFinite(gap) ? 0.5 + gap / (gap + 1) / 2 : 1;
}
