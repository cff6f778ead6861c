/** Dimensions that are used again: cleared by neurons, proven from the bytes, and never while anyone reads them. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.ts';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { allocate } from '../../../src/passes/allocate/allocate.ts';
import { ownDimensions, sharedDimensions } from '../../../src/passes/allocate/residence.ts';
import { assertPlacement } from '../../../src/placement/invariants.ts';
import { sourceFile } from '../../../src/source/source-file.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gptNeox } from '../../../src/targets/families/layer-norm/gpt-neox.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../../src/targets/families/rms-norm/llama.ts';
import type { Target } from '../../../src/targets/target.ts';
import { modelToCheck } from '../../support/check-model.ts';
import { compileAndLoad } from '../../support/compiled-model.ts';

/** A count up to three, passed on from place to place, eight times over. */
const CHAIN = `@vocab "ab"; @context 12; @causal;
state = 0 * indices;
for n in range(0, 8) {
  before = aggregate(select(indices, indices - 1, ==), state, 0);
  state = (before + 1) % 3 if tokens == "a" else before;
}
@export state;`;

const load = () => loadProgram({ file: sourceFile('chain.rasp', CHAIN), loader: () => null });
const compiled = (target: Target, without: readonly 'reused-dimensions'[] = []) =>
  compile(load(), { target, dtype: 'f32', compute: 'f32', without });

describe.each([gpt2, llama, bert])('for $name', (target) => {
  test('what is not read any more makes room', () => {
    const [plain, reused] = [compiled(target, ['reused-dimensions']), compiled(target)];
    expect(reused.placement.layers.some(({ clears }) => clears.length > 0)).toBe(true);
    expect(plain.placement.layers.some(({ clears }) => clears.length > 0)).toBe(false);
    expect(reused.size.parameters).toBeLessThan(plain.size.parameters);
    expect(reused.certificate.holds).toBe(true);
    assertPlacement(reused.placement, target.traits);
  });

  test('the model computes what the program says', () => {
    const model = compileAndLoad(load(), target);
    for (const input of ['aaaaaaaaaaaa', 'a', 'abababababab', 'bbbbbbbbbbba']) {
      let state = 0;
      const expected = [...input].slice(0, 12).map((_, i) => {
        state = [...input.slice(Math.max(0, i - 7), i + 1)].filter((token) => token === 'a').length % 3;
        return state;
      });
      expect(model.run([...input])[0]?.values.map(Number), input).toEqual(expected);
    }
  });
});

// A head of GPT-NeoX is so large that the width is none of the stream's business; whether anything is gained is not asked here.
test.each([gpt2, gptNeox, bert])('in the block of $name everything is read, cleared and written again in turn', (target) => {
  const { circuit, lifetimes, layers } = compiled(target, ['reused-dimensions']).placement;
  const plan = { layers, lifetimes, goals: null };
  const residence = sharedDimensions(plan, target.traits, { stored: 'f32' }, () => Number.POSITIVE_INFINITY);
  expect(residence.count).toBeLessThan(0.9 * ownDimensions(plan).count);
  const options = { precision: { stored: 'f32', computed: 'f32' }, isNarrow: true, exact: null } as const;
  assertPlacement(allocate(circuit, residence, target, options), target.traits);
});

describe.each([gpt2, bert])('the check from the bytes, for $name', (target) => {
  const model = modelToCheck(CHAIN, { target });
  const clear = model.map.clears?.[0] as NonNullable<typeof model.map.clears>[number];

  test('follows what neurons take off the stream', () => {
    expect(model.check()).toMatchObject({ kind: 'checked', holds: true });
  });

  test.each([
    ['a weight that writes', 'down', 1],
    ['a weight that reads', 'up', 1],
    ['both of a pair', 'down', 2],
  ] as const)('misses what is left when %s is changed', (_, role, rows) => {
    const result = model.check((tensors) => {
      const { data, shape } = tensors.get(`${clear.layer}.${role}`) as { data: Float64Array; shape: readonly number[] };
      const width = shape.at(-1) as number;
      for (let i = clear.from * width; i < (clear.from + rows) * width; i++) data[i] = (data[i] as number) * 0.75;
    });
    expect(result.kind === 'checked' && result.holds).toBe(false);
  });
});
