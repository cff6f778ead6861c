import { describe, expect, test } from 'vitest';
import { readModelConfig } from '../../../src/checkpoint/config/read-config.ts';
import { fileOfText } from '../../../src/checkpoint/safetensors/write-safetensors.ts';
import { memoryFolder } from './random-model.ts';

const GPT2 = { model_type: 'gpt2', architectures: ['GPT2LMHeadModel'], n_embd: 8, n_layer: 2, n_head: 2, n_positions: 5, vocab_size: 3 };
const LLAMA = {
  model_type: 'llama',
  vocab_size: 3,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 4,
  max_position_embeddings: 100,
};
const MISTRAL = { ...LLAMA, model_type: 'mistral', num_key_value_heads: 1, sliding_window: null };
const NEOX = { ...LLAMA, model_type: 'gpt_neox', hidden_size: 16 };

function read(config: unknown) {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  return readModelConfig(memoryFolder([{ path: 'config.json', content: fileOfText(text) }]));
}

test('what the config leaves out', () => {
  expect(read(GPT2)).toMatchObject({
    sizes: { hidden: 32, dim: 4, kvHeads: 2, outputs: 3, types: 0 },
    epsilon: 1e-5,
    rotary: null,
    tied: null,
  });
  expect(read({ ...GPT2, n_inner: null }).sizes.hidden).toBe(32);
  expect(read({ ...GPT2, n_inner: 7, architectures: null }).sizes.hidden).toBe(7);
  expect(read(LLAMA)).toMatchObject({ sizes: { dim: 4, kvHeads: 2 }, rotary: { base: 10000, dims: 4 }, epsilon: 1e-6 });
  expect(read(NEOX).rotary).toEqual({ base: 10000, dims: 2, scaling: null });
  expect(read(NEOX).traits).toMatchObject({ residual: 'parallel', activation: 'gelu', biases: { attentionInput: true } });
});

test('rotary positions as releases before and from 5 write them', () => {
  expect(read({ ...LLAMA, rope_theta: 5e5, rope_scaling: null }).rotary?.base).toBe(5e5);
  expect(read({ ...LLAMA, rope_parameters: { rope_type: 'default', rope_theta: 1e8 } }).rotary?.base).toBe(1e8);
  expect(read({ ...LLAMA, rope_theta: 7, rope_parameters: { rope_theta: 1e8 } }).rotary?.base).toBe(1e8);
  expect(read({ ...LLAMA, rope_theta: 7, rope_scaling: { type: 'default' } }).rotary?.base).toBe(7);
  expect(read({ ...NEOX, rotary_pct: 1, rotary_emb_base: 9 }).rotary).toEqual({ base: 9, dims: 8, scaling: null });
  expect(read({ ...NEOX, rope_parameters: { partial_rotary_factor: 0.5 } }).rotary?.dims).toBe(4);
});

test('choices change the traits', () => {
  expect(read({ ...NEOX, use_parallel_residual: false }).traits.residual).toBe('sequential');
  expect(read({ ...LLAMA, attention_bias: true }).traits.biases).toMatchObject({ attentionInput: true, attentionOutput: true, mlp: false });
  expect(read({ ...GPT2, activation_function: 'gelu' }).traits.activation).toBe('gelu');
});

test('how far back each layer sees, and whether it turns', () => {
  const seen = (config: object) => read(config).layerAttention.map(({ window, rotary }) => [window, rotary !== null]);
  expect(seen({ ...MISTRAL, sliding_window: undefined })).toEqual([[4096, true]]);
  expect(seen({ ...MISTRAL, sliding_window: 99 })).toEqual([[99, true]]);
  expect(seen({ ...MISTRAL, sliding_window: null })).toEqual([[null, true]]);
  const qwen = { ...LLAMA, model_type: 'qwen2', sliding_window: 4, num_hidden_layers: 3 };
  expect(seen({ ...qwen, use_sliding_window: false })).toEqual([[null, true]]);
  expect(seen({ ...qwen, use_sliding_window: true, max_window_layers: 2 })).toEqual([
    [null, true],
    [null, true],
    [4, true],
  ]);
  const types = ['full_attention', 'sliding_attention', 'full_attention'];
  expect(seen({ ...qwen, use_sliding_window: true, layer_types: types }).map(([window]) => window)).toEqual([null, 4, null]);
  const smol = { ...LLAMA, model_type: 'smollm3', num_hidden_layers: 4, num_key_value_heads: 2 };
  expect(seen(smol).map(([, turns]) => turns)).toEqual([true, true, true, false]);
  expect(seen({ ...smol, no_rope_layers: [0, 1, 1, 1] }).map(([, turns]) => turns)).toEqual([false, true, true, true]);
  const neo = { ...LLAMA, model_type: 'gpt_neo', num_layers: 4, num_hidden_layers: 4, num_heads: 2, window_size: 7 };
  expect(seen(neo).map(([window]) => window)).toEqual([null, 7, null, 7]);
  expect(
    seen({
      ...neo,
      attention_types: [
        [['global'], 1],
        [['local'], 3],
      ],
    }).map(([window]) => window),
  ).toEqual([null, 7, 7, 7]);
});

test('the model’s own numbers', () => {
  const granite = { ...LLAMA, model_type: 'granite', embedding_multiplier: 12, attention_multiplier: 0.5, logits_scaling: 8 };
  expect(read(granite).numbers).toEqual({ embedding: 12, scores: 0.5, writes: 1, logits: 1 / 8, scoreCap: null, logitCap: null });
  expect(read(LLAMA).numbers.scores).toBe(0.5);
  expect(read(JSON.stringify(LLAMA).replace(/"vocab_size":\d+/, '"vocab_size":300.0')).sizes.vocab).toBe(300);
});

test('scaled rotary positions, as transformers scales them', () => {
  const scaling = (rope: object) => read({ ...LLAMA, rope_scaling: rope }).rotary?.scaling;
  expect(scaling({ rope_type: 'linear', factor: 4 })).toEqual({ frequencies: [0.25, 0.0025], factor: 1, reach: null });
  expect(scaling({ type: 'dynamic', factor: 4 })).toEqual({ frequencies: [1, 0.01], factor: 1, reach: 100 });
  const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64 };
  expect(scaling(llama3)).toEqual({ frequencies: [1, 0.00125], factor: 1, reach: null });
  expect(scaling({ rope_type: 'yarn', factor: 2 })?.factor).toBeCloseTo(1 + 0.1 * Math.log(2), 12);
  expect(scaling({ type: 'su', short_factor: [1, 2], long_factor: [3, 4], original_max_position_embeddings: 50 })).toEqual({
    frequencies: [1, 0.005],
    factor: Math.sqrt(1 + Math.log(2) / Math.log(50)),
    reach: 50,
  });
});

describe('refuses', () => {
  test.each([
    ['no file that is JSON', '{', 'R7101', '`config.json` is not valid JSON: expected `"` and found the end at line 1, column 2'],
    ['a list', [], 'R7101', 'it is a list of 0, but must be an object'],
    ['a key twice', '{"model_type": "gpt2", "model_type": "gpt2"}', 'R7101', 'the key `model_type` twice'],
    ['no model_type', {}, 'R7103', 'no `model_type`'],
    ['a model_type that is no name', { model_type: 3 }, 'R7104', '`model_type` in `config.json` is 3, but must be a string'],
    ['an unknown family', { model_type: 'mamba' }, 'R7102', '`config.json` is of the architecture `mamba`, which raspc does not know'],
    ['a relative with other norms', { model_type: 'olmo' }, 'R7102', 'its norm has neither gain nor bias'],
    ['a relative that norms queries', { model_type: 'qwen3_moe' }, 'R7102', 'it norms queries and keys'],
    ['another head', { ...GPT2, architectures: ['GPT2Model'] }, 'R7102', '`GPT2Model`'],
    ['architectures that are no list', { ...GPT2, architectures: 7 }, 'R7104', 'a list of class names'],
    ['a missing size', { ...GPT2, n_layer: undefined }, 'R7103', 'no `n_layer`, which must be a whole number'],
    ['a null size', { ...GPT2, n_layer: null }, 'R7103', 'no `n_layer`'],
    [
      'a size with a fraction',
      { ...GPT2, n_layer: 1.5 },
      'R7104',
      '`n_layer` in `config.json` is 1.5, but must be a whole number from 1 to 2147483647',
    ],
    ['a size of nothing', { ...GPT2, n_layer: 0 }, 'R7104', 'is 0'],
    ['a size beyond all arrays', { ...GPT2, vocab_size: 1e18 }, 'R7104', 'is 1000000000000000000'],
    ['heads that do not share the width', { ...GPT2, n_head: 3 }, 'R7105', '3 heads cannot share a width of 8 evenly'],
    ['more heads than width', { ...GPT2, n_head: 9 }, 'R7105', '9 heads'],
    ['a width that is no multiple', { ...LLAMA, hidden_size: 9, head_dim: 4 }, 'R7105', 'the width 9 is not a multiple of the 2 heads'],
    ['groups that do not come out', { ...LLAMA, num_attention_heads: 4, num_key_value_heads: 3 }, 'R7105', '4 query heads cannot share 3'],
    ['an odd activation', { ...GPT2, activation_function: 'quick_gelu' }, 'R7104', '"quick_gelu", but must be "gelu_new"'],
    [
      'scores that are not scaled',
      { ...GPT2, scale_attn_weights: false },
      'R7104',
      '`scale_attn_weights` in `config.json` is false, but must be true',
    ],
    ['a decoder with cross attention', { ...GPT2, add_cross_attention: true }, 'R7104', 'must be false'],
    ['a window of nothing', { ...MISTRAL, sliding_window: 0 }, 'R7104', '`sliding_window` in `config.json` is 0'],
    ['factors of too few pairs', { ...LLAMA, rope_scaling: { type: 'longrope', short_factor: [1] } }, 'R7104', 'a list of 2 positive'],
    ['a scaling without its factor', { ...LLAMA, rope_scaling: { rope_type: 'linear' } }, 'R7103', 'rope_scaling.factor'],
    ['layers of different kinds', { ...LLAMA, layer_types: ['full_attention', 'sliding_attention'] }, 'R7104', '`layer_types`'],
    [
      'scaled positions',
      { ...LLAMA, rope_scaling: { rope_type: 'proportional', factor: 2 } },
      'R7104',
      '`rope_scaling.rope_type` in `config.json` is "proportional"',
    ],
    ['positions that are no object', { ...LLAMA, rope_parameters: 3 }, 'R7104', 'an object or null'],
    ['an odd number of turning dimensions', { ...NEOX, rotary_pct: 0.4 }, 'R7104', 'which turns 3 of 8 dimensions'],
    ['an epsilon of nothing', { ...GPT2, layer_norm_epsilon: 0 }, 'R7104', 'a positive number'],
    ['a tie that is neither', { ...GPT2, tie_word_embeddings: 'yes' }, 'R7104', 'true or false'],
    ['labels that are none', { ...LLAMA, model_type: 'bert', type_vocab_size: 2, id2label: [] }, 'R7104', 'an object from ids to labels'],
  ] as const)('%s', (_, config, code, text) => {
    expect(() => read(config)).toThrow(text);
    expect(() => read(config)).toThrow(code);
  });

  test('a folder without config.json, and a config of gigabytes', () => {
    expect(() => readModelConfig(memoryFolder([]))).toThrow('there is no `config.json` in `model`');
    const endless = { path: 'model', open: () => ({ size: 2 ** 31, read: () => expect.fail('nothing is to be read') }) };
    expect(() => readModelConfig(endless)).toThrow('R7404');
  });
});
