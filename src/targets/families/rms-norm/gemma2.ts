/**
 * Gemma 2: Gemma that norms what sublayers write, too, divides scores by a number of its own, caps scores and logits, and in every other layer sees
 * no further than a window.
 */
import { llamaLike, SANDWICH_NORMS } from '../../llama-like.ts';
import { activationChoice, biasChoice, fixedChoice, LAYER_TYPES, modelingFile } from '../../stock-data.ts';

export const gemma2 = llamaLike({
  name: 'gemma2',
  architecture: 'Gemma2ForCausalLM',
  upstream: modelingFile('gemma2', '9a80143ca26066ee3266749a57c7b3850d8843be'),
  traits: { lateGain: false, activation: 'gelu-tanh', scaledEmbedding: true, writeNorms: true, headsDivideWidth: true },
  sizes: { kvHeads: { key: 'num_key_value_heads', otherwise: 4 }, dim: { key: 'head_dim', otherwise: 256 } },
  tied: true,
  choices: [
    activationChoice('hidden_activation', 'gelu_pytorch_tanh'),
    biasChoice('attention_bias', false, ['attentionInput', 'attentionOutput']),
    fixedChoice('use_bidirectional_attention', null, false),
  ],
  window: { key: 'sliding_window', absent: 4096, enabledBy: null, isNumber: true },
  layerKinds: {
    key: 'layer_types',
    plain: { each: 'full_attention' },
    absent: (layer) => ({ windowed: layer % 2 === 0, turns: 'main' }),
    values: LAYER_TYPES,
  },
  numbers: {
    scores: { key: 'query_pre_attn_scalar', absent: 256, as: 'root divisor' },
    scoreCap: { key: 'attn_logit_softcapping', absent: 50 },
    logitCap: { key: 'final_logit_softcapping', absent: 30 },
  },
  tensors: SANDWICH_NORMS,
  storedGain: -1,
});
