import { describe, expect, it } from 'vitest';
import { Graph, type SOp } from '../../../src/graph/graph.ts';
import type { Value } from '../../../src/graph/value.ts';
import { lowerGraph, runCircuit, runGraph } from '../../support/run-circuit.ts';

const LETTERS = ['a', 'b', 'c'];

/** Every input up to the context length, in full. */
function* inputs(vocabulary: readonly Value[], context: number): Generator<Value[]> {
  for (let length = 1; length <= context; length++) {
    for (let i = 0; i < vocabulary.length ** length; i++) {
      yield Array.from({ length }, (_, p) => vocabulary[Math.floor(i / vocabulary.length ** p) % vocabulary.length] as Value);
    }
  }
}

function expectSame(build: (graph: Graph) => SOp | SOp[], { vocabulary = LETTERS as readonly Value[], context = 5, causal = true } = {}) {
  const graph = new Graph();
  const lowered = lowerGraph(graph, [build(graph)].flat(), { vocabulary, context, causal });
  for (const input of inputs(vocabulary, context)) {
    const said = runCircuit(lowered, input);
    for (const [e, meant] of runGraph(lowered, input).entries()) {
      for (const [i, value] of meant.entries()) {
        const actual = said[e]?.[i];
        if (typeof value === 'string') expect(actual, `${input} at ${i}`).toBe(value);
        else expect(Number(actual), `${input} at ${i}`).toBeCloseTo(Number(value), 5);
      }
    }
  }
  return lowered.circuit;
}

describe('a circuit computes what its graph means', () => {
  for (const causal of [true, false]) {
    describe(causal ? 'causal' : 'bidirectional', () => {
      const check = (build: (graph: Graph) => SOp | SOp[], options = {}) => expectSame(build, { causal, ...options });

      it('tokens and indices', () => {
        check((g) => [g.tokens('asis'), g.indices()]);
      });
      it('histogram', () => {
        check((g) => g.width(g.select(g.tokens('asis'), g.tokens('asis'), '==')));
      });
      it('double histogram', () => {
        check((g) => {
          const hist = g.width(g.select(g.tokens('asis'), g.tokens('asis'), '=='));
          return g.width(g.select(hist, hist, '=='));
        });
      });
      it('a fraction and a threshold', () => {
        check((g) => {
          const all = g.select(g.constant(1n), g.constant(1n), '==');
          const share = g.aggregate(all, g.unary('indicator', g.binary('==', g.tokens('asis'), g.constant('a'))), 0n);
          return [share, g.binary('>', share, g.constant(0.6))];
        });
      });
      it('the token before, with a default', () => {
        check((g) => g.aggregate(g.select(g.indices(), g.binary('-', g.indices(), g.constant(1n)), '=='), g.tokens('asis'), '-'));
      });
      it('the last equal token before, by slope', () => {
        check((g) => {
          const before = g.and(g.select(g.tokens('asis'), g.tokens('asis'), '=='), g.select(g.indices(), g.indices(), '<'));
          return [
            g.aggregate(g.extreme('rightmost', before), g.indices(), -1n),
            g.aggregate(g.extreme('leftmost', before), g.indices(), 7n),
          ];
        });
      });
      it('or and not over different s-ops', () => {
        check(
          (g) => {
            const same = g.select(g.tokens('asis'), g.tokens('asis'), '==');
            const early = g.select(g.indices(), g.constant(1n), '<');
            return [g.width(g.or(same, early)), g.width(g.not(g.or(same, early))), g.aggregate(g.or(same, g.not(early)), g.indices(), -3n)];
          },
          { context: 4 },
        );
      });
      it('sums, differences and comparisons of counts', () => {
        check((g) => {
          const count = (token: string) => g.width(g.select(g.tokens('asis'), g.constant(token), '=='));
          const depth = g.binary('-', count('a'), count('b'));
          return [
            depth,
            g.binary('<', count('a'), count('b')),
            g.binary('%', depth, g.constant(3n)),
            g.binary('==', depth, g.constant(0n)),
          ];
        });
      });
      it('a program that does not read tokens', () => {
        check((g) => g.binary('%', g.width(g.select(g.constant(1n), g.constant(1n), '==')), g.constant(2n)));
      });
      it('tokens as numbers, compared by size', () => {
        check(
          (g) => {
            const t = g.tokens('asis');
            return [g.width(g.select(t, t, '<')), g.binary('*', t, g.indices()), g.aggregate(g.select(t, t, '>='), t, 0n)];
          },
          { vocabulary: [1n, 4n, 2n], context: 4 },
        );
      });
      it('an extreme inside another selector', () => {
        check((g) => {
          const last = g.extreme('rightmost', g.select(g.tokens('asis'), g.constant('a'), '=='));
          return [g.width(g.or(last, g.select(g.tokens('asis'), g.constant('b'), '=='))), g.width(last)];
        });
      });
      it('the least of sums over nothing, which have one value alone', () => {
        check((g) => {
          const never = g.binary('!=', g.indices(), g.indices());
          const sum = g.reduction('sum', g.select(never, never, '<'), g.indices(), 0n);
          const seen = g.width(g.select(g.tokens('asis'), g.constant('a'), '=='));
          return g.reduction('min', g.select(seen, g.indices(), '<='), sum, -1n);
        });
      });
    });
  }
});
