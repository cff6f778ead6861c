/**
 * What float32 does at its ends: the runtime is wrong where a plain float32 evaluation is wrong, and nothing is called proven that is. Parts
 * of compiled models, dead and live, are flooded, scaled and made denormal at random; RASPC_FLOATS changes how often.
 */
import { describe, expect, test } from 'vitest';
import { checkCheckpoint } from '../../../src/checker/check-checkpoint.ts';
import { openCheckpoint } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { loadModel } from '../../../src/runtime/model.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../../src/targets/families/rms-norm/llama.ts';
import { modelToCheck } from '../../support/check-model.ts';
import { FLOAT_MUTATIONS } from '../../support/float-mutations.ts';
import { float32Logits } from '../../support/float32-model.ts';
import { seededRandom } from '../../support/random.ts';
import { marginsOf } from '../../support/smallest-margin.ts';

const COUNT = Number(process.env.RASPC_FLOATS ?? 12);

const MODELS = [
  ['gpt2', gpt2, '@vocab "ab"; @context 4; @causal; hist = selector_width(select(tokens, tokens, ==)); @export hist;'],
  ['llama', llama, '@vocab "ab"; @context 4; @causal; odd = selector_width(select(tokens, "a", ==)) % 2 == 1; @export odd;'],
  ['bert', bert, '@vocab "ab"; @context 4; @bidirectional; hist = selector_width(select(tokens, tokens, ==)); @export hist;'],
] as const;
const INPUTS = ['a', 'ab', 'bba', 'abab', 'aaaa'];
/** Nearer to a tie than this, orders of sums may decide. */
const TIE = 1e-3;

describe.each(MODELS)('on %s', (_, target, text) => {
  const model = modelToCheck(text, { target });

  test('the runtime computes what plain float32 does', () => {
    const checkpoint = openCheckpoint(model.folder);
    expect(marginsOf(model, loadModel(checkpoint), INPUTS)).toEqual(INPUTS.map(() => expect.closeTo(1, 2)));
    expect(marginsOf(model, float32Logits(checkpoint), INPUTS)).toEqual(INPUTS.map(() => expect.closeTo(1, 2)));
  });

  test.each(FLOAT_MUTATIONS.map((mutation, index) => [mutation.name, mutation, index] as const))('%s', (_, mutation, index) => {
    const random = seededRandom(97 * index + 1);
    for (let n = 0; n < COUNT; n++) {
      const checkpoint = openCheckpoint(model.changed((tensors) => mutation.apply(tensors, random)));
      const result = checkCheckpoint({ map: model.map, checkpoint, program: model.program });
      const isProven = result.kind === 'checked' && result.holds;
      const plain = marginsOf(model, float32Logits(checkpoint), INPUTS);
      const ours = marginsOf(model, loadModel(checkpoint), INPUTS);
      for (const [i, margin] of plain.entries()) {
        const where = `number ${n}, ${INPUTS[i]}: ${ours[i]} against ${margin}`;
        if (isProven) expect(margin > 0, where).toBe(true);
        if (Math.abs(margin) > TIE || Number.isNaN(margin)) expect((ours[i] as number) > 0, where).toBe(margin > 0);
      }
    }
  });
});
