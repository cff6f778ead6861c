/** Sizes as planned, without a weight: what is aimed at. How they grow is in tests/long/growth.test.ts. */
import { describe, expect, test } from 'vitest';
import { loadExample } from '../../bench/speed/load-example.ts';
import { parametersOf } from '../../src/compiler/check-capacity.ts';
import { plan } from '../../src/compiler/plan.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';

interface Size {
  readonly parameters: number;
  readonly layers: number;
  readonly holds: boolean;
}

function planned(name: string, context: number, vocabulary?: number): Size {
  const values = Array.from({ length: vocabulary ?? 0 }, (_, i) => `t${String(i).padStart(4, '0')}`);
  const program = loadExample(
    name,
    vocabulary === undefined ? { context } : { context, vocabulary: { kind: 'tokens', values, span: null } },
  );
  const target = program.causal?.value === true ? gpt2 : bert;
  const { placement, assumptions, ids, certificate } = plan(program, { target, dtype: 'f32', compute: 'f32' });
  return { parameters: parametersOf(placement, assumptions, ids), layers: placement.layers.length, holds: certificate.holds };
}

describe('what is aimed at', () => {
  test.each([
    ['hist', 1024, undefined, 101_000, 1],
    ['reverse', 256, undefined, 100_000, 3],
    ['reverse', 16, 1200, 100_000, 2],
    ['induction', 16, 1200, 100_000, 2],
    ['dyck1', 128, undefined, 5_000, 2],
    // a choice between sums of counts stays whole
    ['dyck2', 32, undefined, 80_000, 4],
    ['shuffle_dyck2', 128, undefined, 10_000, 3],
    // counts that are matched are told apart by digits, cut clean in a layer of their own
    ['double_hist', 128, undefined, 130_000, 3],
    ['dyck2', 64, undefined, 210_000, 5],
    // where digits take more than they save, each count has a dimension
    ['most_frequent', 64, undefined, 920_000, 4],
    // whether there is a larger one, or the same before, is a line in the score
    ['running_maximum', 32, undefined, 2_000, 2],
    ['duplicate_token', 1024, undefined, 13_000, 1],
    // too many values for the lines of one number: as few numbers as hold them
    ['previous_token', 16, 4096, 200_000, 1],
    ['reverse', 16, 1664, 60_000, 2],
  ] as const)('%s at %i', (name, context, vocabulary, most, layers) => {
    const size = planned(name, context, vocabulary);
    expect(size.holds).toBe(true);
    expect(size.parameters).toBeLessThanOrEqual(most);
    expect(size.layers).toBeLessThanOrEqual(layers);
  });
});

test('numbers that are tokens are answered by their ids, however many there are, and one default beside them', () => {
  const text = '@vocab range(0, 1300); @context 3; @causal; p = aggregate(select(indices, indices - 1, ==), tokens, -1); @export p;';
  const program = loadProgram({ file: sourceFile('previous.rasp', text), loader: () => null });
  const { circuit, certificate } = plan(program, { target: gpt2, dtype: 'f32', compute: 'f32' });
  expect(circuit.readouts).toMatchObject([{ kind: 'categorical' }]);
  expect(certificate.holds).toBe(true);
});
