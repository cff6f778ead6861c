/**
 * Gemma 3, its text model: Gemma 2 whose queries and keys go through a norm of each head by itself, whose layers with a window turn by a base of
 * their own, and whose scores are not capped.
 */
import { llamaLike, SANDWICH_NORMS } from '../../llama-like.ts';
import { activationChoice, biasChoice, fixedChoice, modelingFile } from '../../stock-data.ts';

export const gemma3 = llamaLike({
  name: 'gemma3',
  modelType: 'gemma3_text',
  architecture: 'Gemma3ForCausalLM',
  upstream: modelingFile('gemma3', 'f14d0cbc824e447ef294d8cdc0f8ad4222f3dfee'),
  traits: { lateGain: false, activation: 'gelu-tanh', scaledEmbedding: true, writeNorms: true, headNorms: 'each', headsDivideWidth: true },
  sizes: { kvHeads: { key: 'num_key_value_heads', otherwise: 4 }, dim: { key: 'head_dim', otherwise: 256 } },
  rotary: { base: 1e6 },
  localRotary: { baseKey: 'rope_local_base_freq', base: 10000 },
  tied: true,
  choices: [
    activationChoice('hidden_activation', 'gelu_pytorch_tanh'),
    biasChoice('attention_bias', false, ['attentionInput', 'attentionOutput']),
    fixedChoice('use_bidirectional_attention', false, null),
    // read by the class, and used by nothing in it
    fixedChoice('attn_logit_softcapping', null),
  ],
  window: { key: 'sliding_window', absent: 4096, enabledBy: null, isNumber: true },
  layerKinds: {
    key: 'layer_types',
    plain: { each: 'full_attention' },
    absent: (layer, number) => {
      const windowed = (layer + 1) % number('sliding_window_pattern', 6) !== 0;
      return { windowed, turns: windowed ? 'local' : 'main' };
    },
    values: [
      { value: 'full_attention', kind: { windowed: false, turns: 'main' } },
      { value: 'sliding_attention', kind: { windowed: true, turns: 'local' } },
    ],
  },
  numbers: {
    scores: { key: 'query_pre_attn_scalar', absent: 256, as: 'root divisor' },
    logitCap: { key: 'final_logit_softcapping', absent: null },
  },
  tensors: SANDWICH_NORMS,
  storedGain: -1,
});
