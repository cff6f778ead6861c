/**
 * OLMo 2: Llama that reads the stream as it is and norms what sublayers write, and whose queries and keys go through one norm of all heads
 * together.
 */
import { olmo2Gguf } from '../../gguf/olmo2.ts';
import { llamaLike, WRITE_NORMS } from '../../llama-like.ts';
import { biasChoice, modelingFile } from '../../stock-data.ts';

export const olmo2 = llamaLike({
  name: 'olmo2',
  architecture: 'Olmo2ForCausalLM',
  upstream: modelingFile('olmo2', '7264638d7b0ab5841670813ebed806189b8f7b71'),
  traits: { normPlace: 'last', writeNorms: true, headNorms: 'all', lateGain: false },
  epsilon: 1e-5,
  choices: [biasChoice('attention_bias', false, ['attentionInput', 'attentionOutput'])],
  tensors: { ...WRITE_NORMS, attentionNorm: [], mlpNorm: [] },
  gguf: olmo2Gguf,
});
