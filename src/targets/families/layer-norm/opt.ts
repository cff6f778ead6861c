/** OPT: GPT-2 with ReLU, and a table of positions whose first two rows stand for none. */
import { DECODER, type DecoderNames, decoderTensors, LAYER_NORM_TRAITS } from '../../layer-norm-decoder.ts';
import { activationChoice, biasChoice, fixedChoice, modelingFile, STOCK_SIZES } from '../../stock-data.ts';
import type { Target } from '../../target.ts';

/** `OPTLearnedPositionalEmbedding.offset` */
const SKIPPED = 2;

const NAMES: DecoderNames = {
  ...{ tokens: 'model.decoder.embed_tokens', positions: 'model.decoder.embed_positions' },
  ...{ finalNorm: 'model.decoder.final_layer_norm', unembedding: 'lm_head' },
  ...{ layer: 'model.decoder.layers.{layer}', attentionNorm: 'self_attn_layer_norm', mlpNorm: 'final_layer_norm' },
  heads: { each: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'] },
  ...{ output: 'self_attn.out_proj', up: 'fc1', down: 'fc2' },
};

export const opt: Target = {
  ...DECODER,
  name: 'opt',
  modelType: 'opt',
  architecture: 'OPTForCausalLM',
  upstream: modelingFile('opt', 'ab910744d640b0ed37e2056eb94de31fd4a6979c'),
  traits: { ...LAYER_NORM_TRAITS, positions: { kind: 'learned', skipped: SKIPPED }, activation: 'relu' },
  config: {
    sizes: {
      ...STOCK_SIZES,
      positions: { key: 'max_position_embeddings', otherwise: null, plus: SKIPPED },
      hidden: { key: 'ffn_dim', otherwise: null },
    },
    // the class gives its norms none, so that it is PyTorch's own
    epsilon: { key: null, absent: 1e-5 },
    rotary: null,
    tied: true,
    choices: [
      activationChoice('activation_function', 'relu'),
      biasChoice('enable_bias', true, ['attentionInput', 'attentionOutput', 'mlp']),
      fixedChoice('do_layer_norm_before', true),
      fixedChoice('_remove_final_layer_norm', false),
      fixedChoice('layer_norm_elementwise_affine', true),
    ],
    sameAs: { word_embed_proj_dim: 'width' },
    window: null,
    rangeKey: 'init_std',
    written: { attention_dropout: 0, dropout: 0, layerdrop: 0, init_std: 0.02, use_cache: true },
  },
  tensors: decoderTensors(NAMES),
  basePrefix: 'model.',
  ignored: [],
};
