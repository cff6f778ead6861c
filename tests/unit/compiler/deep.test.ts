/** A program of some two hundred s-ops and thirty layers compiles, and computes what it says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { evaluate } from '../../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../src/graph/evaluate/sequence.ts';
import { reachable } from '../../../src/graph/graph.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { compileAndLoad } from '../../support/compiled-model.ts';

test('an automaton unrolled to thirty layers', () => {
  const text = readFileSync(new URL('../../../bench/deep.rasp', import.meta.url), 'utf8');
  const program = loadProgram({ file: sourceFile('bench/deep.rasp', text), loader: () => null });
  const nodes = program.exports.map((e) => e.node);
  expect(reachable(nodes).length).toBeGreaterThan(200);
  const model = compileAndLoad(program);
  expect(model.compiled.size.layers).toBeGreaterThanOrEqual(30);
  for (const input of ['aaacarcaaabbaaaaccccbaaraacbaacb', 'a', 'c'.repeat(32), 'ra']) {
    const expected = (evaluate(nodes, [...input], { causal: true }).get(nodes[0] as never) as Sequence).values;
    expect(model.run([...input])[0]?.values.map(Number), input).toEqual(expected.map(Number));
  }
});
