/**
 * GPT-Neo (TinyStories): GPT-2 with scores that are not scaled, no biases on queries, keys and values, and every other layer looking back no
 * further than a window unless its config says otherwise.
 */
import { DECODER, type DecoderNames, decoderTensors, LAYER_NORM_TRAITS } from '../../layer-norm-decoder.ts';
import { activationChoice, modelingFile, STOCK_SIZES } from '../../stock-data.ts';
import type { Target } from '../../target.ts';

const NAMES: DecoderNames = {
  ...{ tokens: 'transformer.wte', positions: 'transformer.wpe', finalNorm: 'transformer.ln_f', unembedding: 'lm_head' },
  ...{ layer: 'transformer.h.{layer}', attentionNorm: 'ln_1', mlpNorm: 'ln_2', up: 'mlp.c_fc', down: 'mlp.c_proj' },
  heads: { each: ['attn.attention.q_proj', 'attn.attention.k_proj', 'attn.attention.v_proj'] },
  output: 'attn.attention.out_proj',
};

export const gptNeo: Target = {
  ...DECODER,
  name: 'gpt-neo',
  modelType: 'gpt_neo',
  architecture: 'GPTNeoForCausalLM',
  upstream: modelingFile('gpt_neo', 'd3b7c99461b69b22543d6ec4c37109ddbae71ed2'),
  traits: {
    ...LAYER_NORM_TRAITS,
    scaledScores: false,
    activation: 'gelu-tanh',
    biases: { ...LAYER_NORM_TRAITS.biases, attentionInput: false },
  },
  config: {
    sizes: {
      ...STOCK_SIZES,
      layers: { key: 'num_layers', otherwise: null },
      heads: { key: 'num_heads', otherwise: null },
      hidden: { key: 'intermediate_size', otherwise: '4 × width' },
    },
    aliases: { num_attention_heads: 'num_heads', num_hidden_layers: 'num_layers' },
    epsilon: { key: 'layer_norm_epsilon', absent: 1e-5 },
    rotary: null,
    tied: true,
    choices: [activationChoice('activation_function', 'gelu_new')],
    window: { key: 'window_size', absent: 256, enabledBy: null, isNumber: true },
    layerKinds: {
      key: 'attention_types',
      listKey: 'attention_layers',
      plain: { runs: ['global'] },
      absent: (layer) => ({ windowed: layer % 2 === 1, turns: 'none' }),
      values: [
        { value: 'global', kind: { windowed: false, turns: 'none' } },
        { value: 'local', kind: { windowed: true, turns: 'none' } },
      ],
    },
    written: { attention_dropout: 0, embed_dropout: 0, resid_dropout: 0, initializer_range: 0.02, use_cache: true },
  },
  tensors: decoderTensors(NAMES),
  basePrefix: 'transformer.',
  ignored: ['.attention.bias', '.attention.masked_bias'],
};
