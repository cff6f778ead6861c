/** Sizes as planned, without a weight: what is aimed at, and that parameters grow no faster than the square of what grows. */
import { describe, expect, test } from 'vitest';
import { loadExample } from '../../../bench/speed/load-example.ts';
import { parametersOf } from '../../../src/compiler/check-capacity.ts';
import { plan } from '../../../src/compiler/plan.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';

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

/** Programs whose sizes have no jumps: each is looked at from 8 positions up to so many. */
const SMOOTH: readonly (readonly [string, number])[] = [
  ['bigram_induction', 128],
  ['double_hist', 128],
  ['duplicate_token', 512],
  ['dyck1', 256],
  ['hist', 512],
  ['induction', 256],
  ['length', 512],
  ['mostly', 256],
  ['parity', 128],
  ['previous_token', 256],
  ['reverse', 128],
  ['running_maximum', 512],
  ['shift', 256],
];

test.each(SMOOTH)('%s grows by at most the square, and never shrinks by more than a third', (name, longest) => {
  let before: Size | null = null;
  for (let context = 8; context <= longest; context *= 2) {
    const size = planned(name, context);
    expect(size.holds).toBe(true);
    if (before !== null) {
      expect(size.parameters / before.parameters).toBeLessThanOrEqual(4);
      expect(size.parameters / before.parameters).toBeGreaterThanOrEqual(2 / 3);
    }
    before = size;
  }
});
