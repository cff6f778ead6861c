import { expect, test } from 'vitest';
import { sourceLoader } from '../../../src/cli/files/source-loader.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { evaluator } from '../../../src/graph/evaluate/evaluate.ts';
import type { SOp } from '../../../src/graph/graph.ts';
import type { Value } from '../../../src/graph/value.ts';
import { inferFacts } from '../../../src/passes/facts/infer-facts.ts';
import { Operand } from '../../../src/passes/matching/condition.ts';
import { sourceFile } from '../../../src/source/source-file.ts';

/** The first two never have most of the pairs that they could have. */
const SOURCE = `@vocab "abc";
@context 6;
parity = indices % 2; @export parity;
place = indices; @export place;
third = 3 if tokens == "a" else 5; @export third;
`;

test.each([[['parity', 'place', 'third']], [['third', 'parity', 'place']], [['place', 'parity']]])(
  'the values of %j are told by one number',
  (names) => {
    const program = loadProgram({ file: sourceFile('tuple.rasp', SOURCE), loader: sourceLoader('', '') });
    const { graph } = program;
    const vocabulary = ['a', 'b', 'c'];
    const nodes = names.map((name) => program.exports.find((each) => each.name === name)?.node as SOp);
    const facts = inferFacts(graph, { vocabulary, context: 6, causal: true });
    const operand = new Operand(graph, facts, nodes);
    const { domain } = facts.of(operand.node);
    const numbers = domain.kind === 'finite' ? domain.values : [];
    const results = evaluator([operand.node, ...nodes], { causal: true })(['a', 'b', 'c', 'b', 'a', 'a']);
    const valuesOf = (node: SOp) => (results.get(node) as unknown as { readonly values: readonly Value[] }).values;
    for (const [position, number] of valuesOf(operand.node).entries()) {
      const at = numbers.indexOf(number);
      for (const node of nodes) expect(operand.value(node, at)).toEqual(valuesOf(node)[position]);
    }
  },
);
