/** Granite: Llama with numbers of its own that embeddings, scores, what sublayers write and logits are multiplied by. */

import { graniteGguf } from '../../gguf/granite.ts';
import { llamaLike } from '../../llama-like.ts';
import { biasChoice, modelingFile } from '../../stock-data.ts';

export const granite = llamaLike({
  name: 'granite',
  architecture: 'GraniteForCausalLM',
  upstream: modelingFile('granite', 'b6dd89b47daad100034ac4e3b7beb2101f07d7f1'),
  choices: [biasChoice('attention_bias', false, ['attentionInput', 'attentionOutput']), biasChoice('mlp_bias', false, ['mlp'])],
  gguf: graniteGguf,
  numbers: {
    embedding: { key: 'embedding_multiplier', absent: 1, as: 'factor' },
    scores: { key: 'attention_multiplier', absent: 1, as: 'factor' },
    writes: { key: 'residual_multiplier', absent: 1, as: 'factor' },
    logits: { key: 'logits_scaling', absent: 1, as: 'divisor' },
  },
});
