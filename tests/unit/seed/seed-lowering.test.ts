import { describe, expect, test } from 'vitest';
import { readStdLibrary, stdProgram } from '../../../scripts/library/std-library.ts';
import { evaluateCircuit, evaluateForm } from '../../../src/circuit/evaluate.ts';
import { evaluator } from '../../../src/graph/evaluate/evaluate.ts';
import type { SOp } from '../../../src/graph/graph.ts';
import type { Value } from '../../../src/graph/value.ts';
import { inferFacts } from '../../../src/passes/facts/infer-facts.ts';
import { simplify } from '../../../src/passes/simplify/simplify.ts';
import { isRight, readFeature } from '../../../src/seed/discipline/read-features.ts';
import { lowerSeed } from '../../../src/seed/discipline/seed-lowering.ts';
import { SEED_OPTIMIZATIONS } from '../../../src/seed/host/compile-seed.ts';
import { adversarialInputs, randomInputs } from '../../../src/verify/inputs.ts';

const CONTEXT = 7;

/** Every kind of construction: counts by class, means, lookups by class, distance and order, functions of several, defaults. */
const SUBJECTS = [
  ['automata', 'automaton(tokens, {"even": {"a": "odd"}, "odd": {"a": "even"}}, "even", 7)'],
  ['arithmetic', 'add(tokens_int, tokens_int, 10)'],
  ['averages', 'mean_where(tokens_int, tokens_int > 1, 0)'],
  ['averages', 'above_mean(tokens_int)'],
  ['brackets', 'dyck_state(tokens, ["()", "[]"])'],
  ['counts', 'frequency(tokens)'],
  ['counts', 'most_frequent_so_far(tokens)'],
  ['edits', 'mask_between(tokens == "a", tokens == "b")'],
  ['induction', 'induction(tokens, "-")'],
  ['lookups', 'first_match(tokens, tokens, indices, -1)'],
  ['occurrences', 'previous_occurrence(tokens, -1)'],
  ['occurrences', 'distinct(tokens)'],
  ['positions', 'back(tokens, 2, "-")'],
  ['selectors', 'has_focus(select_between(1, 2) and select(tokens, tokens, ==))'],
  ['sorting', 'rank(tokens_int)'],
] as const;

describe.each(['learned', 'rotary'] as const)('the circuit of a seed with %s positions is its program', (positions) => {
  test.each(SUBJECTS)('%s: %s', (name, subject) => {
    const file = readStdLibrary().find((each) => each.name === name);
    if (file === undefined) throw new Error(`no file ${name}`);
    const program = stdProgram(file, [subject], true);
    const vocabulary = program.vocabulary?.kind === 'tokens' ? program.vocabulary.values : [];
    const assumptions = { vocabulary, context: CONTEXT, causal: true };
    const { exports, splits } = simplify(program.graph, program.exports, assumptions, 'causal', SEED_OPTIMIZATIONS);
    const facts = inferFacts(program.graph, assumptions, { splits });
    const { circuit, features } = lowerSeed(program.graph, facts, exports, { positions, contentDims: 60, headDims: 64, neurons: 4096 });
    const [feature] = features;
    const node = program.exports[0]?.node as SOp;
    const run = evaluator([node], { causal: true });
    const edges = adversarialInputs(vocabulary.length, CONTEXT);
    const random = randomInputs(vocabulary.length, CONTEXT, 20, 1);
    const inputs = [
      ...Array.from({ length: 8 }, (_, i) => edges.at(Math.floor((i * edges.count) / 8))),
      ...Array.from({ length: 20 }, (_, i) => random.at(i)),
    ];
    for (const tokens of inputs) {
      const expected = run(Array.from(tokens, (token) => vocabulary[token] as Value)).get(node) as unknown as { values: readonly Value[] };
      const contents = evaluateCircuit(circuit, { tokens: [...tokens], causal: true });
      for (const [position, value] of expected.values.entries()) {
        if (feature === undefined) throw new Error('no feature');
        const found = readFeature(feature, (form) => evaluateForm(form, contents, position + 1));
        expect([tokens, position, found, isRight(found, value, feature.code.kind)]).toEqual([tokens, position, found, true]);
      }
    }
  });
});
