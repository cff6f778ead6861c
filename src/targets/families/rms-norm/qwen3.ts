/** Qwen3: Llama whose queries and keys go through a norm of each head by itself. */

import { qwenGguf } from '../../gguf/llama.ts';
import { llamaLike } from '../../llama-like.ts';
import { biasChoice, modelingFile, windowsFrom } from '../../stock-data.ts';

export const qwen3 = llamaLike({
  name: 'qwen3',
  architecture: 'Qwen3ForCausalLM',
  upstream: modelingFile('qwen3', '9ee3f431c32e9e5f6c0888f6b2b0ca3f6c289dd6'),
  traits: { headNorms: 'each' },
  sizes: { kvHeads: { key: 'num_key_value_heads', otherwise: 'heads' }, dim: { key: 'head_dim', otherwise: 128 } },
  choices: [biasChoice('attention_bias', false, ['attentionInput', 'attentionOutput'])],
  window: { key: 'sliding_window', absent: 4096, enabledBy: 'use_sliding_window' },
  layerKinds: windowsFrom('max_window_layers', 28),
  gguf: qwenGguf('qwen3'),
});
