/** StableLM: LayerNorm and a gated MLP without biases, heads that turn in part, biases on queries, keys and values where its config asks for them. */
import { stablelmGguf } from '../../gguf/layer-norm.ts';
import { DECODER, LAYER_NORM_TRAITS } from '../../layer-norm-decoder.ts';
import { activationChoice, biasChoice, fixedChoice, GROUPED_SIZES, linear, modelingFile, norm } from '../../stock-data.ts';
import type { Target } from '../../target.ts';

const LAYER = 'model.layers.{layer}';

export const stablelm: Target = {
  ...DECODER,
  name: 'stablelm',
  modelType: 'stablelm',
  architecture: 'StableLmForCausalLM',
  upstream: modelingFile('stablelm', 'bf112caa961ac7814ed21209d449ac06b2ab65cc'),
  traits: {
    ...LAYER_NORM_TRAITS,
    positions: { kind: 'rotary' },
    ...{ activation: 'silu', mlp: 'gated', groupedHeads: true },
    biases: { norm: true, attentionInput: false, attentionOutput: false, mlp: false, unembedding: false },
  },
  config: {
    sizes: { ...GROUPED_SIZES, kvHeads: { key: 'num_key_value_heads', otherwise: 32 }, dim: { key: null, otherwise: 'width / heads' } },
    epsilon: { key: 'layer_norm_eps', absent: 1e-5 },
    rotary: { baseKey: 'rope_theta', base: 10000, fractionKey: 'partial_rotary_factor', fraction: 0.25 },
    tied: false,
    choices: [
      activationChoice('hidden_act', 'silu'),
      biasChoice('use_qkv_bias', false, ['attentionInput']),
      {
        key: 'use_parallel_residual',
        absent: false,
        values: [
          { value: false, traits: { residual: 'sequential', sharedNorm: false } },
          { value: true, traits: { residual: 'parallel', sharedNorm: true } },
        ],
      },
      fixedChoice('qk_layernorm', false),
    ],
    window: null,
    written: { attention_dropout: 0, hidden_dropout: 0, initializer_range: 0.02, use_cache: true },
  },
  tensors: [
    { name: 'model.embed_tokens.weight', holds: ['tokenEmbedding'], layout: 'vocab width' },
    ...norm(`${LAYER}.input_layernorm`, 'attentionNorm'),
    ...(['query', 'key', 'value'] as const).flatMap((role) => linear(`${LAYER}.self_attn.${role[0]}_proj`, [role], '(head dim) width')),
    ...linear(`${LAYER}.self_attn.o_proj`, ['output'], 'width (head dim)'),
    ...norm(`${LAYER}.post_attention_layernorm`, 'mlpNorm'),
    ...(['gate', 'up'] as const).flatMap((role) => linear(`${LAYER}.mlp.${role}_proj`, [role], 'hidden width')),
    ...linear(`${LAYER}.mlp.down_proj`, ['down'], 'width hidden'),
    ...norm('model.norm', 'finalNorm'),
    { name: 'lm_head.weight', holds: ['unembedding'], layout: 'output width' },
  ],
  gguf: stablelmGguf,
  basePrefix: 'model.',
  ignored: ['.rotary_emb.inv_freq'],
};
