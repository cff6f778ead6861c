/** StarCoder2: LayerNorm, rotary positions, grouped key and value heads, tanh GELU, and biases unless its config says otherwise. */
import { starcoder2Gguf } from '../../gguf/layer-norm.ts';
import { DECODER, type DecoderNames, decoderTensors, LAYER_NORM_TRAITS } from '../../layer-norm-decoder.ts';
import { activationChoice, biasChoice, GROUPED_SIZES, modelingFile } from '../../stock-data.ts';
import type { Target } from '../../target.ts';

const NAMES: DecoderNames = {
  ...{ tokens: 'model.embed_tokens', finalNorm: 'model.norm', unembedding: 'lm_head' },
  ...{ layer: 'model.layers.{layer}', attentionNorm: 'input_layernorm', mlpNorm: 'post_attention_layernorm' },
  heads: { each: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'] },
  ...{ output: 'self_attn.o_proj', up: 'mlp.c_fc', down: 'mlp.c_proj' },
};

export const starcoder2: Target = {
  ...DECODER,
  name: 'starcoder2',
  modelType: 'starcoder2',
  architecture: 'Starcoder2ForCausalLM',
  upstream: modelingFile('starcoder2', '73faa33f3c3a8588747d42dc7ca666d97b1a2a2c'),
  traits: {
    ...LAYER_NORM_TRAITS,
    positions: { kind: 'rotary' },
    activation: 'gelu-tanh',
    ...{ squareHeads: false, headsDivideWidth: false, groupedHeads: true },
  },
  config: {
    sizes: { ...GROUPED_SIZES, kvHeads: { key: 'num_key_value_heads', otherwise: 2 } },
    epsilon: { key: 'norm_epsilon', absent: 1e-5 },
    rotary: { baseKey: 'rope_theta', base: 10000, fractionKey: null, fraction: 1 },
    tied: true,
    choices: [
      activationChoice('hidden_act', 'gelu_pytorch_tanh'),
      biasChoice('use_bias', true, ['attentionInput', 'attentionOutput', 'mlp']),
    ],
    window: { key: 'sliding_window', absent: null, enabledBy: null },
    written: { attention_dropout: 0, embedding_dropout: 0, residual_dropout: 0, initializer_range: 0.02, use_cache: true },
  },
  tensors: decoderTensors(NAMES),
  init: { range: 0.018042, scaledResidual: false },
  gguf: starcoder2Gguf,
  basePrefix: 'model.',
  ignored: ['.rotary_emb.inv_freq'],
};
