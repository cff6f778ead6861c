/** What leaves the range of float32 is not proven, whether or not anything comes of it; the tensor is named. */
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { loadModel } from '../../../src/runtime/model.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { gemma } from '../../../src/targets/families/rms-norm/gemma.ts';
import { llama } from '../../../src/targets/families/rms-norm/llama.ts';
import { phi3 } from '../../../src/targets/families/rms-norm/phi3.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { modelToCheck } from '../../support/check-model.ts';
import { float32Logits } from '../../support/float32-model.ts';
import { marginsOf } from '../../support/smallest-margin.ts';

type Tensors = ReadonlyMap<string, Tensor>;

const ODD = 'odd = selector_width(select(tokens, "a", ==)) % 2 == 1; @export odd;';
const models = {
  gpt2: modelToCheck(`@vocab "ab"; @context 4; @causal; ${ODD}`, { target: gpt2 }),
  llama: modelToCheck(`@vocab "ab"; @context 4; @causal; ${ODD}`, { target: llama }),
  bert: modelToCheck(`@vocab "ab"; @context 4; @bidirectional; ${ODD}`, { target: bert }),
};

function scaled(tensors: Tensors, roles: RegExp, factor: number): void {
  for (const [role, { data }] of tensors) {
    if (roles.test(role)) for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) * factor;
  }
}

/** The rows of a role, `size` numbers each. */
function row(tensors: Tensors, role: string, index: number): Float64Array {
  const { data, shape } = tensors.get(role) as Tensor;
  const size = shape.at(-1) as number;
  const at = index < 0 ? data.length / size + index : index;
  return data.subarray(at * size, (at + 1) * size) as Float64Array;
}

/** The row of a neuron, or of a dimension of a head, that writes nothing; made so where there is none. */
function silent(tensors: Tensors, role: 'down' | 'output'): number {
  const { data, shape } = tensors.get(`0.${role}`) as Tensor;
  const count = data.length / (shape.at(-1) as number);
  row(tensors, `0.${role}`, count - 1).fill(0);
  return count - 1;
}

const CASES: readonly (readonly [name: string, model: keyof typeof models, change: (tensors: Tensors) => void, why: RegExp])[] = [
  [
    'a neuron that writes nothing',
    'gpt2',
    (t) => row(t, '0.up', silent(t, 'down')).fill(3e38),
    /pre-activations of `transformer.h.0.mlp.c_fc.weight`/,
  ],
  ['gates that write nothing', 'llama', (t) => row(t, '0.gate', silent(t, 'down')).fill(3e38), /`model.layers.0.mlp.gate_proj.weight`/],
  [
    'two factors that are in range, and whose product is not',
    'llama',
    (t) => {
      const n = silent(t, 'down');
      for (const role of ['0.gate', '0.up']) row(t, role, n).fill(1e19);
    },
    /products of neurons of `model.layers.0.mlp.gate_proj.weight`/,
  ],
  [
    'a value that is not read',
    'gpt2',
    (t) => row(t, '0.value', silent(t, 'output')).fill(3e38),
    /values of `transformer.h.0.attn.c_attn.weight`/,
  ],
  [
    'a query whose key is zero',
    'llama',
    (t) => {
      row(t, '0.key', -1).fill(0);
      row(t, '0.query', -1).fill(3e38);
    },
    /queries of `model.layers.0.self_attn.q_proj.weight`/,
  ],
  [
    'scores',
    'gpt2',
    (t) => {
      scaled(t, /query/, 2 ** 63);
      scaled(t, /key/, 2 ** 60);
    },
    /scores of head 0 of `transformer.h.0.attn.c_attn.weight`/,
  ],
  [
    'squares',
    'llama',
    (t) => scaled(t, /^tokenEmbedding|0\.(output|down)$/, 2 ** 55),
    /squares of `model.layers.0.input_layernorm.weight`/,
  ],
  [
    'squares of a norm on the stream',
    'bert',
    (t) => scaled(t, /^(token|position)Embedding/, 2 ** 62),
    /squares of `bert.embeddings.LayerNorm.weight`/,
  ],
  ['the row of the padding token', 'gpt2', (t) => row(t, 'tokenEmbedding', -1).fill(1e38), /of `transformer.h.0.ln_1.weight`/],
  ['a logit', 'bert', (t) => row(t, 'unembedding', -1).fill(3e38), /logits of `classifier.weight`/],
];

describe('beyond the range of float32', () => {
  test.each(CASES)('%s, on %s', (_, name, change, why) => {
    const model = models[name];
    expect(model.check()).toMatchObject({ kind: 'checked', holds: true });
    expect(model.check(change)).toEqual({ kind: 'unproven', why: expect.stringMatching(why) });
  });

  test('numbers too small for float32 to square are not taken for real ones', () => {
    const result = models.llama.check((t) => scaled(t, /^tokenEmbedding|\.(output|down)$/, 2 ** -80));
    expect(result.kind === 'checked' && result.holds).toBe(false);
  });
});

const TWICE = 'n = selector_width(select(tokens, tokens, ==)); twice = selector_width(select(n, n, ==)); @export twice;';
const INPUTS = ['a', 'ab', 'abbab'];

/** One dimension, an anchor, which is large and which nobody reads; or all of them, in front of nothing but zeros. */
const FLOODED = [
  ['a norm before an MLP', 'phi3', phi3, '@causal', '1.mlpNormGain', null, -3e38, 'model.layers.1.post_attention_layernorm.weight'],
  ['the final norm, stored less 1', 'gemma', gemma, '@causal', 'finalNormGain', null, 3e38, 'model.norm.weight'],
  ['a layer norm', 'gpt2', gpt2, '@causal', 'finalNormGain', 10, 3e38, 'transformer.ln_f.weight'],
  ['a norm on the stream', 'bert', bert, '@bidirectional', '1.mlpNormGain', 10, 3e38, 'bert.encoder.layer.1.output.LayerNorm.weight'],
] as const;

describe('a gain that floods what nobody reads', () => {
  test.each(FLOODED)('%s, on %s', (_, __, target, direction, role, dim, value, tensor) => {
    const model = modelToCheck(`@vocab "ab"; @context 5; ${direction}; ${TWICE}`, { target });
    expect(model.check()).toMatchObject({ kind: 'checked', holds: true });
    const flood = (tensors: Tensors) => {
      const { data } = tensors.get(role) as Tensor;
      if (dim === null) data.fill(value);
      else data[dim] = value;
    };
    const checkpoint = openCheckpoint(model.changed(flood));
    // zero times infinity is no number: in plain float32, and so in the runtime
    const none = INPUTS.map(() => Number.NaN);
    expect(marginsOf(model, float32Logits(checkpoint), INPUTS)).toEqual(none);
    expect(marginsOf(model, loadModel(checkpoint), INPUTS)).toEqual(none);
    const why = new RegExp(`^products in dimension ${dim ?? '\\d+'} of \`${tensor}\` may be as large as`);
    expect(model.check(flood)).toEqual({ kind: 'unproven', why: expect.stringMatching(why) });
  });
});
