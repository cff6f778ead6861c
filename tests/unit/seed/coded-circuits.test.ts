/** Which token it is, in the circuit of a seed: moved, chosen, and compared at one position and at several. */
import { describe, expect, test } from 'vitest';
import { evaluateCircuit, evaluateForm } from '../../../src/circuit/evaluate.ts';
import { tokenCode } from '../../../src/codes/token-code.ts';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { evaluator } from '../../../src/graph/evaluate/evaluate.ts';
import type { SOp } from '../../../src/graph/graph.ts';
import type { Value } from '../../../src/graph/value.ts';
import { inferFacts } from '../../../src/passes/facts/infer-facts.ts';
import { simplify } from '../../../src/passes/simplify/simplify.ts';
import { leastDistance } from '../../../src/seed/discipline/codes/identity-scores.ts';
import { isRight, readFeature } from '../../../src/seed/discipline/read-features.ts';
import { lowerSeed } from '../../../src/seed/discipline/seed-lowering.ts';
import { SEED_OPTIMIZATIONS } from '../../../src/seed/host/compile-seed.ts';
import { tokenClasses, withClasses } from '../../../src/seed/program/token-classes.ts';
import { withFunctionsMoved } from '../../../src/seed/program/whole-tokens.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { adversarialInputs, randomInputs } from '../../../src/verify/inputs.ts';

const CONTEXT = 7;
const TEXTS = [' the', ' cat', ' Tom', ' Ann', ' Bob', '(', ')', 'He', ' he', '12', '.', ' saw', ' a', ' Eve'];

const PRELUDE = `@vocab tokenizer;
@causal;
@context ${CONTEXT};
so_far = select(indices, indices, <=);
previous = aggregate(select(indices, indices - 1, ==), tokens, "-");
named = matches(tokens, "^ ?[A-Z]");
last = aggregate(rightmost(select(named, True, ==) and so_far), tokens, "-");
earlier = rightmost(select(named, True, ==) and select(indices, indices, <));
`;

function load(body: string) {
  const program = withFunctionsMoved(loadProgram({ file: sourceFile('p.rasp', `${PRELUDE}${body}\n@export x;`), loader: () => null }));
  return withClasses(program, tokenClasses(program, TEXTS));
}

const PROGRAMS = [
  // the same token at one position: of one moved, of two, of none and none
  'x = previous == tokens;',
  'x = previous != last;',
  'x = aggregate(select(indices, indices - 2, ==), tokens, "-") == previous and named;',
  'x = selector_width(select(previous == tokens, True, ==) and so_far);',
  // a choice: by a class, by a count, of one and none, of a choice
  'x = previous if named else tokens;',
  'x = last if selector_width(select(tokens, "(", ==) and so_far) > selector_width(select(tokens, ")", ==) and so_far) else "-";',
  'x = tokens if matches(tokens, "^ [A-Z]") else (last if matches(previous, "[.]") else previous);',
  'x = matches(previous if named else last, "[a-z]$");',
  'x = "-" if previous == tokens else previous;',
  // moved and found behind a choice
  'y = last if named else previous;\nx = aggregate(rightmost(select(y, tokens, ==) and so_far), tokens, "-");',
  'x = aggregate(select(indices, indices - 1, ==), tokens if named else "-", "-");',
  // what was last before what was last
  'x = aggregate(earlier, aggregate(earlier, tokens, "-"), "-");',
  'y = aggregate(earlier, tokens, "-");\nx = aggregate(earlier, y, "-") if y == tokens else y;',
  'x = aggregate(earlier, aggregate(earlier, named, False), False);',
];

describe.each(['learned', 'rotary'] as const)('with %s positions', (positions) => {
  test.each(PROGRAMS)('%s', (body) => {
    const program = load(body);
    const vocabulary = program.vocabulary?.kind === 'tokens' ? program.vocabulary : null;
    const values: readonly Value[] = vocabulary?.values ?? [];
    const ids = vocabulary?.ids ?? null;
    const assumptions = { vocabulary: values, context: CONTEXT, causal: true };
    const { exports, splits } = simplify(program.graph, program.exports, assumptions, 'causal', SEED_OPTIMIZATIONS);
    const facts = inferFacts(program.graph, assumptions, { splits });
    const codes = ids === null ? null : { code: tokenCode(TEXTS.length, 16), ids };
    const traits = { positions, contentDims: 60, headDims: 64, neurons: 4096 };
    const { circuit, features } = lowerSeed(program.graph, facts, exports, traits, { codes });
    const node = program.exports[0]?.node as SOp;
    const run = evaluator([node], { causal: true });
    const edges = adversarialInputs(values.length, CONTEXT);
    const random = randomInputs(values.length, CONTEXT, 60, 1);
    const inputs = [
      ...Array.from({ length: 60 }, (_, i) => edges.at(Math.floor((i * edges.count) / 60))),
      ...Array.from({ length: 60 }, (_, i) => random.at(i)),
    ];
    for (const tokens of inputs) {
      const expected = run(Array.from(tokens, (token) => values[token] as Value)).get(node) as unknown as { values: readonly Value[] };
      const contents = evaluateCircuit(circuit, { tokens: [...tokens], causal: true });
      for (const [position, value] of expected.values.entries()) {
        const [feature] = features;
        if (feature === undefined) throw new Error('no feature');
        const found = readFeature(feature, (form) => evaluateForm(form, contents, position + 1));
        expect([tokens, position, found, isRight(found, value, feature.code.kind)]).toEqual([tokens, position, found, true]);
      }
    }
  });
});

test('a choice that gives some named texts alone is a class', () => {
  const { vocabulary } = load('x = aggregate(rightmost(so_far), tokens if tokens in ["(", ")"] else "-", "-");');
  expect(vocabulary).toMatchObject({ values: [' the', '(', ')'] });
});

test('what no code answers', () => {
  for (const body of ['x = previous < tokens;', 'x = previous if named else "cat";'])
    expect(() => load(body)).toThrow(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'R7734' })] }));
});

test('a code that is too short to tell tokens apart compares none', () => {
  expect(leastDistance(tokenCode(50257, 63))).toBeGreaterThan(15);
  expect(() => leastDistance(tokenCode(50257, 12))).toThrow(DiagnosticError);
});
