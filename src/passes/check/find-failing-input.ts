/** Searches for an input on which a program fails: short inputs in full, then a fixed sequence of longer ones. */
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { holdEverywhere } from '../../graph/evaluate/assumptions.ts';
import { evaluate } from '../../graph/evaluate/evaluate.ts';
import type { GraphNode } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Assumptions } from '../facts/facts.ts';

const SHORT_INPUTS = 2000;
const LONG_INPUTS = 200;

/** The first input, shortest first, on which evaluating the node fails; null where none was found. */
export function findFailingInput(node: GraphNode, assumptions: Assumptions): readonly Value[] | null {
  const { assumes = [], causal } = assumptions;
  for (const input of candidateInputs(assumptions)) {
    if (fails(node, input, causal) && holdEverywhere(assumes, input, causal)) return input;
  }
  return null;
}

export function showInput(input: readonly Value[]): string {
  const characters = input.every((v) => typeof v === 'string' && v.length === 1);
  return characters
    ? JSON.stringify(input.join(''))
    : `[${input.map((v) => (typeof v === 'string' ? JSON.stringify(v) : String(v))).join(', ')}]`;
}

function fails(node: GraphNode, input: readonly Value[], causal: boolean): boolean {
  try {
    evaluate([node], input, { causal });
    return false;
  } catch (error) {
    if (error instanceof DiagnosticError) return true;
    throw error;
  }
}

function* candidateInputs({ vocabulary, context }: Assumptions): Generator<readonly Value[]> {
  let left = SHORT_INPUTS;
  for (let length = 1; length <= context && left > 0; length++) {
    const count = Math.min(left, vocabulary.length ** length);
    for (let i = 0; i < count; i++)
      yield Array.from({ length }, (_, p) => vocabulary[Math.floor(i / vocabulary.length ** p) % vocabulary.length] as Value);
    left -= count;
  }
  let state = 1;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let i = 0; i < LONG_INPUTS; i++) {
    const length = i % 2 === 0 ? Math.min(context, 64) : 1 + next(Math.min(context, 64));
    yield Array.from({ length }, () => vocabulary[next(vocabulary.length)] as Value);
  }
}
