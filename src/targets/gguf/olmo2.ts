/** OLMo 2 in GGUF: Llama without norms before the sublayers, with norms of what they write, and of all queries and keys together. */
import type { GgufForm } from '../target.ts';
import { llamaGguf } from './llama.ts';

export const olmo2Gguf: GgufForm = {
  ...llamaGguf,
  architecture: 'olmo2',
  upstream: { ...llamaGguf.upstream, path: 'conversion/olmo.py' },
  ...{ turnsNeighbours: false, headsFillWidth: true },
  tensors: [
    ...llamaGguf.tensors,
    { name: 'blk.{layer}.attn_q_norm.weight', holds: ['queriesNormGain'], layout: '(head dim)' },
    { name: 'blk.{layer}.attn_k_norm.weight', holds: ['keysNormGain'], layout: '(head dim)' },
    { name: 'blk.{layer}.post_attention_norm.weight', holds: ['attentionWriteGain'], layout: 'width' },
    { name: 'blk.{layer}.post_ffw_norm.weight', holds: ['mlpWriteGain'], layout: 'width' },
  ],
};
