/** Models that compute in half precision: proven value by value; what passes a changed weight is right in the runtime's half precision. */
import { describe, expect, test } from 'vitest';
import { checkCheckpoint } from '../../../src/checker/check-checkpoint.ts';
import { openCheckpoint } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { loadModel } from '../../../src/runtime/model.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../../src/targets/families/rms-norm/llama.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { modelToCheck } from '../../support/check-model.ts';
import { seededRandom } from '../../support/random.ts';
import { marginsOf } from '../../support/smallest-margin.ts';

const FLIPS = Number(process.env.RASPC_FLIPS ?? 8);
const HEAD = '@vocab "abc"; @context 6; @causal;';
const HIST = `${HEAD} hist = selector_width(select(tokens, tokens, ==)); @export hist;`;
const INDUCTION = `${HEAD} previous = aggregate(select(indices, indices - 1, ==), tokens, "_");
  induction = aggregate(rightmost(select(previous, tokens, ==)), tokens, "?"); @export induction;`;
const ODD = `${HEAD} odd = selector_width(select(tokens, "a", ==)) % 2 == 1; @export odd;`;
const MEAN = `${HEAD} share = aggregate(select(True, True, ==), indicator(tokens == "a")); some = share > 0; @export some;`;

const MODELS = [
  ['counts', HIST, 'gpt2', gpt2, 'f16'],
  ['counts', HIST, 'llama', llama, 'bf16'],
  ['extremes', INDUCTION, 'gpt2', gpt2, 'bf16'],
  ['extremes', INDUCTION, 'llama', llama, 'f16'],
  ['functions of counts', ODD, 'llama', llama, 'f16'],
  ['functions of counts', ODD, 'gpt2', gpt2, 'bf16'],
  ['means', MEAN, 'gpt2', gpt2, 'f16'],
  ['counts', HIST, 'bert', bert, 'f16'],
  ['extremes', INDUCTION, 'bert', bert, 'bf16'],
  ['functions of counts', ODD, 'bert', bert, 'bf16'],
] as const;
const INPUTS = ['a', 'cab', 'bba', 'abcab', 'aaaaaa', 'abacbc'];

describe.each(MODELS)('%s', (_, text, name, target, compute) => {
  const model = modelToCheck(text, { target, compute });

  test(`are proven on ${name} in ${compute}`, () => {
    expect(model.check()).toMatchObject({ kind: 'checked', holds: true });
  });

  test(`are not proven on ${name} in ${compute} where a changed weight makes them wrong`, () => {
    const random = seededRandom(11);
    let [caught, passed] = [0, 0];
    for (let n = 0; n < FLIPS; n++) {
      const checkpoint = openCheckpoint(model.changed((tensors) => change(tensors, random)));
      const result = checkCheckpoint({ map: model.map, checkpoint, program: model.program });
      if (result.kind !== 'checked' || !result.holds) caught++;
      else {
        passed++;
        for (const margin of marginsOf(model, loadModel(checkpoint, compute), INPUTS)) expect(margin, `change ${n}`).toBeGreaterThan(0);
      }
    }
    expect(caught + passed).toBe(FLIPS);
    const silenced = model.check((tensors) => tensors.get('0.output')?.data.fill(0));
    expect(silenced.kind === 'checked' && silenced.holds).toBe(false);
  });
});

/** One weight that is not zero: twice as large, half as large, negated, or a little off. */
function change(tensors: ReadonlyMap<string, Tensor>, random: () => number): void {
  const lists = [...tensors.values()];
  for (;;) {
    const { data } = lists[Math.floor(random() * lists.length)] as Tensor;
    const at = Math.floor(random() * data.length);
    if (data[at] === 0) continue;
    data[at] = (data[at] as number) * ([2, 0.5, -1, 1 + 2 ** -6, 1 - 2 ** -4][Math.floor(random() * 5)] as number);
    return;
  }
}

/** The last dimension is an anchor, which nobody reads: what its gain makes of it is infinite, and zero times that is no number. */
const FLOODED = [
  ['gpt2', 'f16', gpt2, '0.attentionNormGain', 65504, 'transformer.h.0.ln_1.weight'],
  ['gpt2', 'bf16', gpt2, 'finalNormGain', 2 ** 127, 'transformer.ln_f.weight'],
  ['llama', 'f16', llama, '0.mlpNormGain', -65504, 'model.layers.0.post_attention_layernorm.weight'],
  ['llama', 'bf16', llama, 'finalNormGain', 2 ** 127, 'model.norm.weight'],
  ['bert', 'f16', bert, '0.attentionNormGain', 65504, 'bert.encoder.layer.0.attention.output.LayerNorm.weight'],
  ['bert', 'bf16', bert, 'embeddingNormGain', 2 ** 127, 'bert.embeddings.LayerNorm.weight'],
] as const;

test.each(FLOODED)('a gain that floods what nobody reads, on %s in %s', (_, compute, target, role, value, tensor) => {
  const model = modelToCheck(ODD, { target, compute });
  const flood = (tensors: ReadonlyMap<string, Tensor>) => {
    const { data } = tensors.get(role) as Tensor;
    data[data.length - 1] = value;
  };
  expect(model.check(flood)).toEqual({ kind: 'unproven', why: expect.stringContaining(`\`${tensor}\``) });
  const margins = marginsOf(model, loadModel(openCheckpoint(model.changed(flood)), compute), INPUTS);
  expect(margins).toEqual(INPUTS.map(() => Number.NaN));
});
