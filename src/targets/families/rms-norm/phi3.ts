/** Phi-3: Llama with one tensor for queries, keys and values, one for gate and up, and heads that may turn in part. */
import { phi3Gguf } from '../../gguf/phi3.ts';
import { llamaLike } from '../../llama-like.ts';
import { modelingFile } from '../../stock-data.ts';

export const phi3 = llamaLike({
  name: 'phi3',
  architecture: 'Phi3ForCausalLM',
  upstream: modelingFile('phi3', '43c2b4816a6507cb08a18b402c6b053453651daf'),
  epsilon: 1e-5,
  rotary: { fractionKey: 'partial_rotary_factor' },
  window: { key: 'sliding_window', absent: null, enabledBy: null },
  written: { attention_dropout: 0, embd_pdrop: 0, initializer_range: 0.02, resid_pdrop: 0, use_cache: true },
  gguf: phi3Gguf,
  tensors: {
    projections: [{ name: 'self_attn.qkv_proj.weight', holds: ['query', 'key', 'value'], layout: '(part head dim) width' }],
    intoMlp: [{ name: 'mlp.gate_up_proj.weight', holds: ['gate', 'up'], layout: '(part hidden) width' }],
  },
});
