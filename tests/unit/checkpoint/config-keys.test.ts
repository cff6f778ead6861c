/**
 * Every key of config.json that a stock class reads (tests/fixtures/config-keys.json, made by tests/interop/config_keys.py) is understood,
 * refused where it changes something, or known to change nothing; the red team (tests/redteam) changes them and asks transformers.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readModelConfig } from '../../../src/checkpoint/config/read-config.ts';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { bytesSource } from '../../../src/source/byte-source.ts';
import { TARGETS } from '../../../src/targets/registry.ts';
import type { Json } from '../../../src/targets/target.ts';
import { CONFIG_KEYS, configOf, isHarmless } from '../../support/config-keys.ts';

function read(config: Record<string, Json>) {
  const bytes = new TextEncoder().encode(JSON.stringify(config));
  return readModelConfig({ path: 'folder', open: (name) => (name === 'config.json' ? bytesSource(bytes) : null) });
}

function refusal(config: Record<string, Json>): string | null {
  try {
    read(config);
    return null;
  } catch (fault) {
    if (fault instanceof DiagnosticError) return fault.diagnostics[0]?.code ?? '';
    throw fault;
  }
}

test('the list has every family', () => {
  expect(Object.keys(CONFIG_KEYS.families).sort()).toEqual(TARGETS.map(({ modelType }) => modelType).sort());
});

describe.each(TARGETS.map((target) => [target.modelType, target] as const))('%s', (modelType, target) => {
  const { fields, aliases, read: asked } = CONFIG_KEYS.families[modelType] ?? { fields: {}, aliases: {}, read: [] };
  const base = configOf(target);

  test('a config of the family is read', () => {
    expect(refusal(base)).toBeNull();
  });

  test('what a key cannot be is refused, unless it changes nothing', () => {
    const keys = new Set([...Object.keys(fields), ...asked, ...Object.keys(aliases)]);
    const ignored = [...keys].filter((key) => !isHarmless(key, target) && refusal({ ...base, [key]: { strange: {} } }) === null);
    expect(ignored).toEqual([]);
  });

  test('another name of a key has to say the same', () => {
    expect(target.config.aliases ?? {}).toEqual(aliases);
    for (const [alias, key] of Object.entries(aliases)) {
      expect(refusal({ ...base, [alias]: base[key] as Json })).toBeNull();
      for (const value of [0, (base[key] as number) + 1, null, String(base[key])])
        expect(refusal({ ...base, [alias]: value })).toBe('R7104');
    }
  });

  test('what is absent is what the class takes it for, or has to be there', () => {
    for (const [name, { key, otherwise }] of Object.entries(target.config.sizes)) {
      if (key === null || typeof otherwise !== 'number') continue;
      expect([name, otherwise]).toEqual([name, fields[key]]);
    }
    for (const { key, absent } of target.config.choices) if (key in fields) expect([key, absent]).toEqual([key, fields[key]]);
    const { epsilon } = target.config;
    if (epsilon.key !== null) expect(epsilon.absent).toBe(fields[epsilon.key]);
    expect(target.config.tied).toBe(fields.tie_word_embeddings);
    const { window } = target.config;
    if (window !== null) expect(window.absent).toBe(fields[window.key]);
  });
});

test('quantized weights, code of its own, configs inside of configs', () => {
  const base = configOf(TARGETS[0] as (typeof TARGETS)[number]);
  expect(() => read({ ...base, quantization_config: { bits: 4 } })).toThrow('must be left out: the weights are read as they are stored');
  expect(read({ ...base, auto_map: { AutoModel: 'x.X' } }).loading.hasOwnCode).toBe(true);
  expect(() => read({ ...base, text_config: { n_layer: 3 } })).toThrow('R7104');
  expect(read({ ...base, torch_dtype: 'float16' }).loading.dtype).toBe('float16');
  expect(read({ ...base, torch_dtype: 'float16', dtype: 'bfloat16' }).loading.dtype).toBe('bfloat16');
});

describe('what changes nothing, but does not load', () => {
  const baseOf = (name: string) => configOf(TARGETS.find((target) => target.modelType === name) as (typeof TARGETS)[number]);
  const families = ['gpt2', 'llama', 'gpt_neox', 'bert', 'phi3', 'opt'];

  test.each(families)('%s: a dropout is a probability', (name) => {
    const { fields } = CONFIG_KEYS.families[name] as (typeof CONFIG_KEYS.families)[string];
    const keys = Object.keys(fields).filter((key) => /drop/.test(key));
    expect(keys.length).toBeGreaterThan(0);
    const base = baseOf(name);
    for (const key of keys) {
      for (const value of [0, 1, 0.25]) expect([key, value, refusal({ ...base, [key]: value })]).toEqual([key, value, null]);
      for (const value of [1.5, -0.5, 2, -1, true, 'x', []])
        expect([key, value, refusal({ ...base, [key]: value })]).toEqual([key, value, 'R7104']);
    }
  });

  test('null is none, where the class takes it', () => {
    expect(refusal({ ...baseOf('bert'), classifier_dropout: null })).toBeNull();
    expect(refusal({ ...baseOf('llama'), attention_dropout: null })).toBeNull();
    expect(refusal({ ...baseOf('mistral'), attention_dropout: null })).toBe('R7104');
    expect(refusal({ ...baseOf('gpt_neox'), classifier_dropout: null })).toBe('R7104');
    expect(refusal({ ...baseOf('bert'), hidden_dropout_prob: null })).toBe('R7104');
  });

  test('a strategy of two, an initial range', () => {
    for (const name of families) {
      const base = baseOf(name);
      for (const value of [null, 'default', 'full']) expect(refusal({ ...base, vision_feature_select_strategy: value })).toBeNull();
      for (const value of ['eager', 1, true, [], { a: 1 }])
        expect(refusal({ ...base, vision_feature_select_strategy: value })).toBe('R7104');
    }
    for (const value of ['eager', 1, [], { 0: 1 }, { a: 'a' }]) expect(refusal({ ...baseOf('gpt2'), id2label: value })).toBe('R7104');
    for (const value of [null, {}, { 0: 'a', 1: 'b' }]) expect(refusal({ ...baseOf('gpt2'), id2label: value })).toBeNull();
    for (const value of ['eager', 1, { a: [] }, { a: 0, b: 'b' }]) expect(refusal({ ...baseOf('gpt2'), label2id: value })).toBe('R7104');
    expect(refusal({ ...baseOf('llama'), initializer_range: 1.5 })).toBe('R7104');
    expect(refusal({ ...baseOf('gpt2'), initializer_range: 1.5 })).toBeNull();
  });
});

test.each([
  ['gpt2', { activation_function: null }],
  ['gpt2', { scale_attn_weights: null }],
  ['gpt2', { rope_parameters: true }],
  ['gpt2', { summary_type: null }],
  ['gpt2', { layer_norm_epsilon: 1 }],
  ['bert', { hidden_act: null }],
  ['bert', { is_decoder: null }],
  ['bert', { num_labels: null }],
  ['bert', { add_cross_attention: null }],
  ['llama', { mlp_bias: null }],
  ['llama', { pretraining_tp: 'x' }],
  ['llama', { rms_norm_eps: 2 }],
  ['llama', { return_dict: false }],
  ['llama', { sub_configs: null }],
  ['llama', { ignore_keys_at_rope_validation: 1 }],
  ['gpt_neox', { use_parallel_residual: null }],
  ['qwen2', { use_sliding_window: null }],
  ['qwen2', { head_dim: null }],
  ['mistral', { layer_types: null }],
  ['phi3', { original_max_position_embeddings: null }],
  ['gemma', { chunk_size_feed_forward: null }],
  ['gemma', { num_kv_shared_layers: null }],
  ['gemma', { is_encoder_decoder: null }],
] as const)('%s does not load with %j', (name, keys) => {
  const base = configOf(TARGETS.find((target) => target.modelType === name) as (typeof TARGETS)[number]);
  expect(refusal(base)).toBeNull();
  expect(refusal({ ...base, ...keys })).toBe('R7104');
});

test('a layer with a window, in a model without', () => {
  const base = configOf(TARGETS.find(({ name }) => name === 'qwen2') as (typeof TARGETS)[number]);
  const windowed = { ...base, layer_types: ['full_attention', 'sliding_attention'] };
  expect(() => read(windowed)).toThrow('a list without windows where the model has none');
  expect(refusal({ ...windowed, use_sliding_window: true, sliding_window: 32 })).toBeNull();
  expect(refusal({ ...base, layer_types: ['full_attention', 'full_attention'] })).toBeNull();
});

test('rotary positions: two homes that differ, one for each kind of layer', () => {
  const base = configOf(TARGETS.find(({ name }) => name === 'llama') as (typeof TARGETS)[number]);
  const rope = { rope_type: 'default', rope_theta: 500 };
  expect(read({ ...base, rope_parameters: rope, rope_scaling: { ...rope, rope_theta: 500.0 } }).rotary?.base).toBe(500);
  expect(() => read({ ...base, rope_parameters: rope, rope_scaling: { ...rope, rope_theta: 5000 } })).toThrow('`rope_scaling`');
  expect(() => read({ ...base, rope_parameters: { full_attention: rope } })).toThrow('R7104');
  expect(() => read({ ...base, layer_types: ['full_attention'], num_hidden_layers: 2 })).toThrow('a list of 2');
});

test('the fixture says how it is made', () => {
  expect(readFileSync('tests/interop/config_keys.py', 'utf8')).toContain('tests/fixtures/config-keys.json');
});
