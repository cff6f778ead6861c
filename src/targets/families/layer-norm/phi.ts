/** Phi (1, 1.5, 2): attention and MLP in parallel behind one norm, heads that turn in part, tanh GELU, biases everywhere, the output's among them. */
import { phiGguf } from '../../gguf/layer-norm.ts';
import { DECODER, type DecoderNames, decoderTensors, LAYER_NORM_TRAITS } from '../../layer-norm-decoder.ts';
import { activationChoice, fixedChoice, GROUPED_SIZES, modelingFile } from '../../stock-data.ts';
import type { Target } from '../../target.ts';

const NAMES: DecoderNames = {
  ...{ tokens: 'model.embed_tokens', finalNorm: 'model.final_layernorm', unembedding: 'lm_head' },
  ...{ layer: 'model.layers.{layer}', attentionNorm: 'input_layernorm' },
  heads: { each: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'] },
  ...{ output: 'self_attn.dense', up: 'mlp.fc1', down: 'mlp.fc2' },
};

export const phi: Target = {
  ...DECODER,
  name: 'phi',
  modelType: 'phi',
  architecture: 'PhiForCausalLM',
  upstream: modelingFile('phi', '0faeaf39a9176bb1581969e51565851bfcc2dc98'),
  traits: {
    ...LAYER_NORM_TRAITS,
    residual: 'parallel',
    sharedNorm: true,
    positions: { kind: 'rotary' },
    activation: 'gelu-tanh',
    biases: { ...LAYER_NORM_TRAITS.biases, unembedding: true },
    ...{ squareHeads: false, headsDivideWidth: false, groupedHeads: true },
  },
  config: {
    sizes: GROUPED_SIZES,
    epsilon: { key: 'layer_norm_eps', absent: 1e-5 },
    rotary: { baseKey: 'rope_theta', base: 10000, fractionKey: 'partial_rotary_factor', fraction: 0.5 },
    tied: false,
    choices: [activationChoice('hidden_act', 'gelu_new'), fixedChoice('qk_layernorm', false)],
    window: null,
    written: { attention_dropout: 0, embd_pdrop: 0, resid_pdrop: 0, initializer_range: 0.02, use_cache: true },
  },
  tensors: decoderTensors(NAMES),
  gguf: phiGguf,
  basePrefix: 'model.',
  ignored: ['.rotary_emb.inv_freq'],
};
