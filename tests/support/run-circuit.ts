/** Runs a graph's circuit on an input and decodes every export, beside the graph's own meaning. */

import type { Circuit } from '../../src/circuit/circuit.ts';
import { evaluateCircuit, evaluateForm } from '../../src/circuit/evaluate.ts';
import { assertCircuit } from '../../src/circuit/invariants.ts';
import { evaluate } from '../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../src/graph/evaluate/sequence.ts';
import type { Graph, SOp } from '../../src/graph/graph.ts';
import type { Export } from '../../src/graph/program.ts';
import type { Value } from '../../src/graph/value.ts';
import type { Assumptions } from '../../src/passes/facts/facts.ts';
import { inferFacts } from '../../src/passes/facts/infer-facts.ts';
import type { LoweringOptions } from '../../src/passes/lower/lower-selectors.ts';
import { lowerToCircuit } from '../../src/passes/lower/lower-to-circuit.ts';
import { UNSNAPPED } from '../../src/passes/lower/snap.ts';
import { ALL_OPTIMIZATIONS } from '../../src/passes/optimizations.ts';
import { simplify } from '../../src/passes/simplify/simplify.ts';

export interface LoweredGraph {
  readonly circuit: Circuit;
  readonly exports: readonly Export[];
  readonly assumptions: Assumptions;
}

export function lowerGraph(
  graph: Graph,
  nodes: readonly SOp[],
  assumptions: Assumptions,
  positions: 'learned' | 'rotary' = 'learned',
  encoding: Pick<LoweringOptions, 'sharp' | 'decoded' | 'optimizations'> = {
    sharp: false,
    decoded: false,
    optimizations: ALL_OPTIMIZATIONS,
  },
): LoweredGraph {
  const exports = nodes.map((node, i) => ({ name: `out${i}`, node, span: null }));
  const simplified = simplify(graph, exports, assumptions);
  const facts = inferFacts(graph, assumptions, { splits: simplified.splits });
  const circuit = lowerToCircuit(graph, facts, simplified.exports, {
    positions: positions === 'learned' ? { kind: positions, skipped: 0 } : { kind: positions },
    ...encoding,
    snap: UNSNAPPED,
  });
  assertCircuit(circuit);
  return { circuit, exports, assumptions };
}

/** What the circuit says, by export and position. */
export function runCircuit({ circuit, assumptions }: LoweredGraph, input: readonly Value[]): Value[][] {
  const tokens = input.map((v) => assumptions.vocabulary.indexOf(v));
  const contents = evaluateCircuit(circuit, { tokens, causal: assumptions.causal });
  return circuit.readouts.map((readout) =>
    input.map((_, i) => {
      if (readout.kind === 'numeric') return evaluateForm(readout.form, contents, i + 1);
      const scores = readout.logits.map((l) => evaluateForm(l.form, contents, i + 1));
      return readout.logits[scores.indexOf(Math.max(...scores))]?.value as Value;
    }),
  );
}

/** What the program means, by export and position. */
export function runGraph({ exports, assumptions }: LoweredGraph, input: readonly Value[]): (readonly Value[])[] {
  const results = evaluate(
    exports.map((e) => e.node),
    input,
    { causal: assumptions.causal },
  );
  return exports.map((e) => (results.get(e.node) as Sequence).values);
}
