/** Norms of queries and keys: what is proven of a model that has them, and that what undoes them is looked at. */
import { describe, expect, test } from 'vitest';
import { qwen3 } from '../../../src/targets/families/rms-norm/qwen3.ts';
import { modelToCheck } from '../../support/check-model.ts';

const COUNT = `@vocab "abc"; @context 6; @causal;
hist = selector_width(select(tokens, tokens, ==));
@export hist;`;

const PREVIOUS = `@vocab "abc"; @context 6; @causal;
previous = aggregate(select(indices, indices - 1, ==), tokens, "_");
@export previous;`;

describe('norms of queries and keys', () => {
  test.each([COUNT, PREVIOUS])('the certificate is re-established from the bytes', (source) => {
    const result = modelToCheck(source, { target: qwen3 }).check();
    expect(result).toMatchObject({ kind: 'checked', holds: true, failures: [] });
    expect(result.kind === 'checked' && result.margin).toBeGreaterThan(0.5);
  });

  const model = modelToCheck(COUNT, { target: qwen3 });

  test('a gain that makes scores smaller is a decision that is lost', () => {
    const result = model.check((tensors) => {
      const gain = tensors.get('0.queryNormGain')?.data as Float64Array;
      for (let d = 0; d < gain.length; d++) gain[d] = (gain[d] as number) / 4;
    });
    expect(result).toMatchObject({ kind: 'checked', holds: false });
  });

  test('without the constant that is larger than all else, nothing is known of what the norm leaves', () => {
    const result = model.check((tensors) => {
      const gain = tensors.get('0.keyNormGain')?.data as Float64Array;
      const dim = gain.indexOf(0);
      const key = tensors.get('0.key')?.data as Float64Array;
      const width = tensors.get('0.key')?.shape.at(-1) as number;
      key.fill(0, dim * width, (dim + 1) * width);
    });
    expect(result.kind === 'checked' && result.holds).toBe(false);
  });

  test('what is beyond float32 proves nothing', () => {
    const result = model.check((tensors) => tensors.get('0.queryNormGain')?.data.fill(3e38));
    expect(result.kind).toBe('unproven');
  });
});
