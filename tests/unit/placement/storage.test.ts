/** What storing loses: constants survive in parts, whatever the dtype; gains and scaled embeddings are said as the model has them. */
import { describe, expect, it } from 'vitest';
import { type Precision, splitConstant, storageOf } from '../../../src/placement/storage.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { gemma } from '../../../src/targets/families/rms-norm/gemma.ts';
import { DTYPES, type Dtype, largestOf, roundTo } from '../../../src/tensor/dtype.ts';
import { seededRandom } from '../../support/random.ts';

function stored(dtype: Dtype): Precision {
  return { stored: dtype, computed: 'f32' };
}

describe('a split constant', () => {
  for (const dtype of DTYPES) {
    it(`adds up to itself in ${dtype}, of numbers that can be stored`, () => {
      const storage = storageOf(gpt2, stored(dtype), 64);
      const random = seededRandom(3);
      for (let i = 0; i < 2000; i++) {
        const constant = (random() - 0.5) * 2 ** (40 * random() - 10);
        const { bias, anchors, left } = splitConstant(constant, true, 2048, 2, storage);
        for (const part of [bias, ...anchors]) expect(roundTo(dtype, part)).toBe(part);
        expect(anchors.reduce((sum, weight) => sum + weight * 2048, bias) + left).toBeCloseTo(constant, 6);
        const reachable = largestOf(dtype) * 2048;
        if (Math.abs(constant) < reachable) expect(Math.abs(left)).toBeLessThan(Math.abs(constant) * 2 ** -20 + 2 ** -14);
      }
    });
  }

  it('goes to the anchors alone where there is no bias', () => {
    const split = splitConstant(Math.PI, false, 1024, 4, storageOf(gpt2, stored('bf16'), 64));
    expect(split.bias).toBe(0);
    expect(split.anchors).toHaveLength(3);
    expect(Math.abs(split.left)).toBeLessThan(2 ** -22);
  });

  it('is nothing for nothing', () => {
    expect(splitConstant(0, true, 2048, 2, storageOf(gpt2, stored('f16'), 64))).toEqual({ bias: 0, anchors: [], left: 0 });
  });
});

describe('storage', () => {
  it('keeps a number beyond the range at the largest that there is, and never makes it infinite', () => {
    const { weight } = storageOf(gpt2, stored('f16'), 64);
    expect(weight(1e6)).toBe(65504);
    expect(weight(-1e6)).toBe(-65504);
  });

  it('says the gain that is left of one stored less 1', () => {
    const { gain } = storageOf(gemma, stored('bf16'), 64);
    expect(gain(256)).toBe(256);
    expect(gain(512)).toBe(513);
  });

  it('says what a scaled embedding is scaled to', () => {
    expect(storageOf(gemma, stored('bf16'), 64).embedding(1)).toBe(1);
    expect(storageOf(gemma, stored('bf16'), 96).embedding(1)).not.toBeCloseTo(1, 6);
    expect(storageOf(gpt2, stored('bf16'), 96).embedding(1)).toBe(1);
  });
});
