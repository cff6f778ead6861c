/** Qwen2: Llama with biases on queries, keys and values. */

import { qwenGguf } from '../../gguf/llama.ts';
import { llamaLike } from '../../llama-like.ts';
import { modelingFile, windowsFrom } from '../../stock-data.ts';

export const qwen2 = llamaLike({
  name: 'qwen2',
  architecture: 'Qwen2ForCausalLM',
  upstream: modelingFile('qwen2', '63bb723747035466e5339aea864b133f709b067d'),
  traits: { biases: { norm: false, attentionInput: true, attentionOutput: false, mlp: false, unembedding: false } },
  window: { key: 'sliding_window', absent: 4096, enabledBy: 'use_sliding_window' },
  layerKinds: windowsFrom('max_window_layers', 28),
  gguf: qwenGguf('qwen2'),
  // from release 5 on, AutoTokenizer gives every `qwen2` the tokenizer of the released models, whatever the folder holds
  tokenizerClass: 'PreTrainedTokenizerFast',
});
