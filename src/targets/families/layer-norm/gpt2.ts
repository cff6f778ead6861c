/** GPT-2 with a language-model head: pre-norm LayerNorm, learned positions, tanh GELU, biases everywhere, Conv1D (transposed) weights. */

import { gpt2Gguf } from '../../gguf/gpt2.ts';
import { DECODER, type DecoderNames, decoderTensors, LAYER_NORM_TRAITS } from '../../layer-norm-decoder.ts';
import { activationChoice, fixedChoice, modelingFile, STOCK_SIZES } from '../../stock-data.ts';
import type { Target } from '../../target.ts';

const NAMES: DecoderNames = {
  ...{ tokens: 'transformer.wte', positions: 'transformer.wpe', finalNorm: 'transformer.ln_f', unembedding: 'lm_head' },
  ...{ layer: 'transformer.h.{layer}', attentionNorm: 'ln_1', mlpNorm: 'ln_2', up: 'mlp.c_fc', down: 'mlp.c_proj' },
  heads: { fused: 'attn.c_attn', layout: 'width (part head dim)' },
  output: 'attn.c_proj',
};

export const gpt2: Target = {
  ...DECODER,
  name: 'gpt2',
  modelType: 'gpt2',
  architecture: 'GPT2LMHeadModel',
  upstream: modelingFile('gpt2', 'c44b2d9976e8eafbdcb89cb2710141b2bc9b138f'),
  traits: { ...LAYER_NORM_TRAITS, activation: 'gelu-tanh' },
  config: {
    sizes: {
      ...STOCK_SIZES,
      positions: { key: 'n_positions', otherwise: null },
      width: { key: 'n_embd', otherwise: null },
      layers: { key: 'n_layer', otherwise: null },
      heads: { key: 'n_head', otherwise: null },
      hidden: { key: 'n_inner', otherwise: '4 × width' },
    },
    aliases: {
      ...{ hidden_size: 'n_embd', max_position_embeddings: 'n_positions' },
      ...{ num_attention_heads: 'n_head', num_hidden_layers: 'n_layer' },
    },
    epsilon: { key: 'layer_norm_epsilon', absent: 1e-5 },
    rotary: null,
    tied: true,
    choices: [
      activationChoice('activation_function', 'gelu_new'),
      fixedChoice('scale_attn_weights', true),
      fixedChoice('scale_attn_by_inverse_layer_idx', false),
      fixedChoice('add_cross_attention', false),
      // computes the same scores in float32, which is what this reader does anyway
      fixedChoice('reorder_and_upcast_attn', false, true),
    ],
    window: null,
    written: { attn_pdrop: 0, embd_pdrop: 0, resid_pdrop: 0, initializer_range: 0.02, use_cache: true },
  },
  tensors: decoderTensors(NAMES, true),
  init: { range: 0.02, scaledResidual: true },
  gguf: gpt2Gguf,
  basePrefix: 'transformer.',
  ignored: ['.attn.bias', '.attn.masked_bias'],
};
