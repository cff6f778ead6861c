/** Mistral: Llama without the option of biases, and with a sliding window that has to be as long as the context. */

import { llamaGguf } from '../../gguf/llama.ts';
import { llamaLike } from '../../llama-like.ts';
import { modelingFile } from '../../stock-data.ts';

export const mistral = llamaLike({
  name: 'mistral',
  architecture: 'MistralForCausalLM',
  upstream: modelingFile('mistral', '93e0020c96f1aaf6c380491c943fcf57502c5e19'),
  sizes: { kvHeads: { key: 'num_key_value_heads', otherwise: 8 } },
  window: { key: 'sliding_window', absent: 4096, enabledBy: null },
  gguf: llamaGguf,
});
