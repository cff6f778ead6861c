/** Llama: the base, with biases where its config asks for them. */

import { llamaGguf } from '../../gguf/llama.ts';
import { llamaLike } from '../../llama-like.ts';
import { biasChoice, modelingFile } from '../../stock-data.ts';

export const llama = llamaLike({
  name: 'llama',
  architecture: 'LlamaForCausalLM',
  upstream: modelingFile('llama', '5dd4a63548857797727ae73eeb6a6e886ea02a3e'),
  traits: { headsDivideWidth: true },
  choices: [biasChoice('attention_bias', false, ['attentionInput', 'attentionOutput']), biasChoice('mlp_bias', false, ['mlp'])],
  gguf: llamaGguf,
});
