/** Gemma: Llama whose norms store their gain less 1, whose embeddings are scaled by √width, and whose MLP is gated by a tanh GELU. */
import { llamaLike } from '../../llama-like.ts';
import { activationChoice, biasChoice, fixedChoice, modelingFile } from '../../stock-data.ts';

export const gemma = llamaLike({
  name: 'gemma',
  architecture: 'GemmaForCausalLM',
  upstream: modelingFile('gemma', 'c4cdd1a0d93642f0143c66609d4273efc74c22cf'),
  traits: { lateGain: false, activation: 'gelu-tanh', scaledEmbedding: true },
  sizes: { kvHeads: { key: 'num_key_value_heads', otherwise: 16 }, dim: { key: 'head_dim', otherwise: 256 } },
  tied: true,
  choices: [
    activationChoice('hidden_act', 'gelu_pytorch_tanh'),
    biasChoice('attention_bias', false, ['attentionInput', 'attentionOutput']),
    fixedChoice('use_bidirectional_attention', null, false),
  ],
  storedGain: -1,
});
