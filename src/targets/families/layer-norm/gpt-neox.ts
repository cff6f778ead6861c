/**
 * GPT-NeoX (Pythia): LayerNorm, residuals in parallel unless its config says otherwise, heads that turn in part, exact GELU, one tensor
 * for queries, keys and values, interleaved by head.
 */
import { gptNeoxGguf } from '../../gguf/layer-norm.ts';
import { DECODER, type DecoderNames, decoderTensors, LAYER_NORM_TRAITS } from '../../layer-norm-decoder.ts';
import { activationChoice, biasChoice, modelingFile, STOCK_SIZES } from '../../stock-data.ts';
import type { Target } from '../../target.ts';

const NAMES: DecoderNames = {
  ...{ tokens: 'gpt_neox.embed_in', finalNorm: 'gpt_neox.final_layer_norm', unembedding: 'embed_out' },
  ...{ layer: 'gpt_neox.layers.{layer}', attentionNorm: 'input_layernorm', mlpNorm: 'post_attention_layernorm' },
  heads: { fused: 'attention.query_key_value', layout: '(head part dim) width' },
  ...{ output: 'attention.dense', up: 'mlp.dense_h_to_4h', down: 'mlp.dense_4h_to_h' },
};

export const gptNeox: Target = {
  ...DECODER,
  name: 'gpt-neox',
  modelType: 'gpt_neox',
  architecture: 'GPTNeoXForCausalLM',
  upstream: modelingFile('gpt_neox', '203bf6f1c524062b3c109da5ff67e61f483407e7'),
  traits: { ...LAYER_NORM_TRAITS, residual: 'parallel', positions: { kind: 'rotary' } },
  config: {
    sizes: STOCK_SIZES,
    epsilon: { key: 'layer_norm_eps', absent: 1e-5 },
    rotary: { baseKey: 'rotary_emb_base', base: 10000, fractionKey: 'rotary_pct', fraction: 0.25 },
    tied: false,
    choices: [
      activationChoice('hidden_act', 'gelu'),
      {
        key: 'use_parallel_residual',
        absent: true,
        values: [
          { value: true, traits: { residual: 'parallel' } },
          { value: false, traits: { residual: 'sequential' } },
        ],
      },
      biasChoice('attention_bias', true, ['attentionInput', 'attentionOutput']),
    ],
    window: null,
    written: { attention_dropout: 0, hidden_dropout: 0, initializer_range: 0.02, use_cache: true },
  },
  tensors: decoderTensors(NAMES),
  gguf: gptNeoxGguf,
  basePrefix: 'gpt_neox.',
  ignored: ['.attention.bias', '.attention.masked_bias', '.attention.rotary_emb.inv_freq'],
};
