/** Phi-3 in GGUF: queries, keys and values in one tensor, gate and up in another, as transformers has them. */
import { linear } from '../stock-data.ts';
import type { GgufForm } from '../target.ts';
import { llamaGguf } from './llama.ts';

export const phi3Gguf: GgufForm = {
  ...llamaGguf,
  architecture: 'phi3',
  upstream: { ...llamaGguf.upstream, path: 'conversion/phi.py' },
  ...{ turnsNeighbours: false, headsFillWidth: true },
  tensors: [
    { name: 'token_embd.weight', holds: ['tokenEmbedding'], layout: 'vocab width' },
    { name: 'blk.{layer}.attn_norm.weight', holds: ['attentionNormGain'], layout: 'width' },
    { name: 'blk.{layer}.attn_qkv.weight', holds: ['query', 'key', 'value'], layout: '(part head dim) width' },
    ...linear('blk.{layer}.attn_output', ['output'], 'width (head dim)'),
    { name: 'blk.{layer}.ffn_norm.weight', holds: ['mlpNormGain'], layout: 'width' },
    { name: 'blk.{layer}.ffn_up.weight', holds: ['gate', 'up'], layout: '(part hidden) width' },
    ...linear('blk.{layer}.ffn_down', ['down'], 'width hidden'),
    { name: 'output_norm.weight', holds: ['finalNormGain'], layout: 'width' },
    { name: 'output.weight', holds: ['unembedding'], layout: 'output width' },
  ],
};
