import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../src/graph/evaluate/sequence.ts';
import type { Graph, SOp } from '../../../src/graph/graph.ts';
import type { Value } from '../../../src/graph/value.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { compileAndLoad, graphProgram } from '../../support/compiled-model.ts';
import { seededRandom } from '../../support/random.ts';

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];

/** Random inputs of every length (all equal and few letters among them) through the checkpoint's bytes, against the graph. */
function expectExact(build: (graph: Graph) => SOp | SOp[], { context = 32, vocabulary = LETTERS as readonly Value[], inputs = 60 } = {}) {
  const program = graphProgram({ build, vocabulary, context });
  const model = compileAndLoad(program);
  const random = seededRandom(7);
  let worst = 1;
  for (let i = 0; i < inputs; i++) {
    const length = i < 4 ? context : 1 + Math.floor(random() * context);
    const letters = i % 3 === 0 ? vocabulary.length : 1 + Math.floor(random() * Math.min(3, vocabulary.length));
    const input = Array.from({ length }, () => vocabulary[Math.floor(random() * letters)] as Value);
    const meant = evaluate(
      program.exports.map((e) => e.node),
      input,
      { causal: true },
    );
    for (const [e, said] of model.run(input).entries()) {
      const expected = (meant.get(program.exports[e]?.node as SOp) as Sequence).values;
      worst = Math.min(worst, said.margin ?? 1);
      for (const [p, value] of expected.entries()) {
        const actual = said.values[p] as Value;
        if (typeof value === 'string') expect(actual, `${input} at ${p}`).toBe(value);
        else expect(Math.abs(Number(actual) - Number(value)), `${input} at ${p}`).toBeLessThan(1e-3);
      }
    }
  }
  return { worst, ...model.compiled };
}

const histogram = (g: Graph) => g.width(g.select(g.tokens('asis'), g.tokens('asis'), '=='));

describe('what loses too much in half precision is decoded first', () => {
  it.each(['f16', 'bf16'] as const)('the opposite position, in %s weights', (dtype) => {
    const opposite = (g: Graph) => {
      const length = g.width(g.select(g.constant(1n), g.constant(1n), '=='));
      const last = g.binary('-', length, g.constant(1n));
      return g.aggregate(g.select(g.indices(), g.binary('-', last, g.indices()), '=='), g.tokens('asis'), '-');
    };
    const options = { vocabulary: LETTERS, context: 16 };
    const { compiled } = compileAndLoad(graphProgram({ build: opposite, ...options, causal: false }), bert, dtype);
    expect(compiled.certificate.holds).toBe(true);
    expect(compiled.size.layers).toBe(3);
  });
});

describe('a compiled GPT-2 is exact, from its bytes', () => {
  for (const context of [1, 2, 32, 128, 512]) {
    it(`histogram at context ${context}`, () => {
      const { worst, certificate } = expectExact(histogram, { context, inputs: context > 100 ? 12 : 60 });
      expect(certificate.holds).toBe(true);
      expect(worst).toBeGreaterThan(0.9);
    });
  }
  it('double histogram at 128', () => {
    const { worst } = expectExact((g) => g.width(g.select(histogram(g), histogram(g), '==')), { context: 128, inputs: 20 });
    expect(worst).toBeGreaterThan(0.9);
  });
  it('induction at 512: what followed the last equal token', () => {
    expectExact(
      (g) => {
        const previous = g.aggregate(g.select(g.indices(), g.binary('-', g.indices(), g.constant(1n)), '=='), g.tokens('asis'), '-');
        return g.aggregate(g.extreme('rightmost', g.select(previous, g.tokens('asis'), '==')), g.tokens('asis'), '-');
      },
      { context: 512, inputs: 10 },
    );
  });
  it('a running fraction, and whether it exceeds 0.6', () => {
    expectExact(
      (g) => {
        const all = g.select(g.constant(1n), g.constant(1n), '==');
        const share = g.aggregate(all, g.unary('indicator', g.binary('==', g.tokens('asis'), g.constant('a'))), 0n);
        return [share, g.binary('>', share, g.constant(0.6))];
      },
      { vocabulary: ['a', 'b'], context: 128 },
    );
  });
  it('a chain of thirty reused subexpressions in milliseconds', () => {
    const start = performance.now();
    expectExact(
      (g) => {
        let x: SOp = g.binary('==', g.tokens('asis'), g.constant('a'));
        const y = g.binary('>', histogram(g), g.constant(2n));
        for (let i = 0; i < 30; i++) x = g.binary('and', x, g.binary('or', x, y));
        return x;
      },
      { vocabulary: ['a', 'b'], inputs: 10 },
    );
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
