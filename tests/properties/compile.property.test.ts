/**
 * Random programs mean the same as graph, as simplified graph, as circuit and as checkpoint of every target, and keep what each pass promises. A
 * longer run: `PROGRAMS=10000 npx vitest run tests/properties/compile --testTimeout 0`.
 */
import { describe, expect, it } from 'vitest';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { evaluate } from '../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../src/graph/evaluate/sequence.ts';
import { Graph, type SOp } from '../../src/graph/graph.ts';
import { printGraph } from '../../src/graph/show/print-graph.ts';
import type { Value } from '../../src/graph/value.ts';
import { simplify } from '../../src/passes/simplify/simplify.ts';
import { assertPlacement } from '../../src/placement/invariants.ts';
import { TARGETS } from '../../src/targets/registry.ts';
import { DTYPES } from '../../src/tensor/dtype.ts';
import { compileAndLoad, graphProgram } from '../support/compiled-model.ts';
import { seededRandom } from '../support/random.ts';
import { randomGraph } from '../support/random-graph.ts';
import { lowerGraph, runCircuit } from '../support/run-circuit.ts';

const PROGRAMS = Number(process.env.PROGRAMS ?? 150);
const VOCABULARY: readonly Value[] = ['a', 'b', 'c'];

/** Null where the program itself fails on the input. */
function meaning(node: SOp, input: readonly Value[], causal: boolean): readonly Value[] | null {
  try {
    return (evaluate([node], input, { causal }).get(node) as Sequence).values;
  } catch (error) {
    if (error instanceof DiagnosticError) return null;
    throw error;
  }
}

function inputs(random: () => number, context: number): Value[][] {
  return Array.from({ length: 12 }, (_, i) => {
    const length = i < 3 ? context : 1 + Math.floor(random() * context);
    const letters = 1 + Math.floor(random() * VOCABULARY.length);
    return Array.from({ length }, () => VOCABULARY[Math.floor(random() * letters)] as Value);
  });
}

function expectEqual(actual: readonly Value[], expected: readonly Value[], about: string): void {
  for (const [i, value] of expected.entries()) {
    if (typeof value === 'string') expect(actual[i], about).toBe(value);
    else expect(Math.abs(Number(actual[i]) - Number(value)), `${about} at ${i}: ${actual[i]} for ${value}`).toBeLessThan(1e-3);
  }
}

/** Compiles programs from many seeds and compares; returns how many were refused. */
function compareAll(programs: number, run: (program: { seed: number; context: number; random: () => number }) => void): number {
  let refused = 0;
  for (let seed = 1; seed <= programs; seed++) {
    const random = seededRandom(seed * 7919);
    try {
      run({ seed, context: 3 + (seed % 6), random });
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      refused++;
    }
  }
  return refused;
}

describe('random programs', () => {
  for (const causal of [true, false]) {
    it(`mean the same before and after simplification, ${causal ? 'causal' : 'bidirectional'}`, () => {
      const refused = compareAll(PROGRAMS, ({ seed, context, random }) => {
        const graph = new Graph();
        const node = randomGraph(graph, random, 4 + (seed % 12), VOCABULARY);
        const exports = [{ name: 'out', node, span: null }];
        const [simplified] = simplify(graph, exports, { vocabulary: VOCABULARY, context, causal }).exports;
        for (const input of inputs(random, context)) {
          const expected = meaning(node, input, causal);
          if (expected === null) continue;
          const about = `seed ${seed}, ${input}\n${printGraph([node])}`;
          expectEqual(meaning(simplified?.node as SOp, input, causal) ?? [], expected, about);
        }
      });
      expect(refused).toBeLessThan(PROGRAMS / 20);
    });
  }

  for (const [causal, positions] of [
    [true, 'learned'],
    [true, 'rotary'],
    [false, 'learned'],
  ] as const) {
    it(`mean the same as ${causal ? 'causal' : 'bidirectional'} graph and circuit, positions ${positions}`, () => {
      const refused = compareAll(PROGRAMS, ({ seed, context, random }) => {
        const graph = new Graph();
        const node = randomGraph(graph, random, 4 + (seed % 12), VOCABULARY);
        const lowered = lowerGraph(graph, [node], { vocabulary: VOCABULARY, context, causal }, positions);
        for (const input of inputs(random, context)) {
          const expected = meaning(node, input, causal);
          if (expected !== null)
            expectEqual(runCircuit(lowered, input)[0] ?? [], expected, `seed ${seed}, ${input}\n${printGraph([node])}`);
        }
      });
      expect(refused).toBeLessThan(PROGRAMS / 20);
    });
  }

  const models = TARGETS.flatMap((target) =>
    (target.traits.attention === 'causal' ? [true] : [true, false]).map((causal) => ({ target, causal })),
  );
  for (const { target, causal } of models)
    it(`mean the same as ${causal ? 'causal' : 'bidirectional'} graph and ${target.name} checkpoint, whatever the dtype`, () => {
      const refused = compareAll(PROGRAMS / 5, ({ seed, context, random }) => {
        let node: SOp | undefined;
        const build = (graph: Graph) => {
          node = randomGraph(graph, random, 4 + (seed % 12), VOCABULARY);
          return node;
        };
        const program = graphProgram({ build, vocabulary: VOCABULARY, context, causal });
        const model = compileAndLoad(program, target, DTYPES[seed % DTYPES.length]);
        assertPlacement(model.compiled.placement, target.traits);
        for (const input of inputs(random, context)) {
          const expected = meaning(node as SOp, input, causal) as readonly Value[];
          expectEqual(model.run(input)[0]?.values ?? [], expected, `seed ${seed}, ${input}\n${printGraph([node as SOp])}`);
        }
      });
      expect(refused).toBeLessThan(PROGRAMS / 20);
    });
});
