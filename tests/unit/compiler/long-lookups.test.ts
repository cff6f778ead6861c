/** The latest write at an address over thousands of positions: the order that rotary positions score, run, certified and proven. */
import { expect, test } from 'vitest';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { findTarget } from '../../../src/targets/registry.ts';
import type { Target } from '../../../src/targets/target.ts';
import { modelToCheck } from '../../support/check-model.ts';
import { compileAndLoad } from '../../support/compiled-model.ts';
import { seededRandom } from '../../support/random.ts';

/** Tokens are writes 2a + b of a bit b at one of eight addresses a; what is asked for is an address that goes by the token. */
const lookup = (context: number, find: string) => `@vocab range(0, 16); @context ${context}; @causal;
bit = tokens % 2;
held = aggregate(${find}(select((tokens - bit) / 2, (3 * tokens + 1) % 8, ==)), bit, 2);
@export held;`;

function target(name: string): Target {
  const found = findTarget(name);
  if (found === null) throw new Error(`there is no family ${name}`);
  return found;
}

function heldAt(written: readonly number[], position: number, find: string): number {
  const address = (3 * (written[position] as number) + 1) % 8;
  const own = written.slice(0, position + 1).filter((token) => token >> 1 === address);
  const found = find === 'rightmost' ? own.at(-1) : own[0];
  return found === undefined ? 2 : found % 2;
}

// one of the heads that turn as a whole, one that turn in part, and one whose queries and keys have norms
test.each([
  ['llama', 'rightmost'],
  ['llama', 'leftmost'],
  ['gpt-neox', 'rightmost'],
  ['qwen3', 'leftmost'],
])('%s finds the %s of 600 writes', (name, find) => {
  const length = 600;
  const program = loadProgram({ file: sourceFile('lookup.rasp', lookup(length, find)), loader: () => null });
  const { compiled, run } = compileAndLoad(program, target(name));
  expect(compiled.certificate.holds).toBe(true);
  const random = seededRandom(name.length);
  const written = Array.from({ length }, () => Math.floor(16 * random()));
  const [output] = run(written.map(BigInt));
  expect(output?.values.map(Number)).toEqual(written.map((_, position) => heldAt(written, position, find)));
  expect(output?.margin).toBeGreaterThan(0.9);
});

// further families in the benchmark of families; a table of positions takes more of the processor, and is in the interoperability tests
test.each(['llama', 'gpt-neox', 'qwen3', 'gemma3'])('%s is certified and proven at 10,240 positions', (name) => {
  const { compiled, check } = modelToCheck(lookup(10_240, 'rightmost'), { target: target(name) });
  expect(compiled.certificate.worstMargin).toBeGreaterThan(0.9);
  expect(check()).toMatchObject({ kind: 'checked', holds: true });
  // no number of the model goes by the position
  expect(compiled.size.parameters).toBeLessThan(10_000);
});

test('an order that is scored too faintly, or the wrong way round, is not proven', () => {
  const { check } = modelToCheck(lookup(10_240, 'rightmost'), { target: target('llama') });
  const scaled = (by: number) =>
    check((tensors) => {
      const query = tensors.get('0.query');
      if (query === undefined) throw new Error('there are no queries');
      const width = query.shape.at(-1) as number;
      // of the pairs that turn, the one with constants in both rows
      const dim = query.data.length / width;
      for (let row = 0; row < dim; row++) {
        if (row % (dim / 2) !== 1) continue;
        for (let d = 0; d < width; d++) query.data[row * width + d] = by * (query.data[row * width + d] as number);
      }
    });
  expect(scaled(1)).toMatchObject({ kind: 'checked', holds: true });
  expect(scaled(0.02)).not.toMatchObject({ kind: 'checked', holds: true });
  expect(scaled(-1)).not.toMatchObject({ kind: 'checked', holds: true });
});
