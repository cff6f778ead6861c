/**
 * Llama and its relatives in GGUF. For Llama and Mistral llama.cpp turns neighbouring dimensions of a head, so that the rows of queries and keys
 * change places; for Qwen it turns halves, as transformers does.
 */
import { linear } from '../stock-data.ts';
import type { GgufForm } from '../target.ts';

export const llamaGguf: GgufForm = {
  architecture: 'llama',
  upstream: { repository: 'ggml-org/llama.cpp', path: 'conversion/llama.py', release: 'v0.5.0' },
  ...{ epsilonKey: 'attention.layer_norm_rms_epsilon', activation: 'silu', turnsNeighbours: true, headsFillWidth: false },
  tensors: [
    { name: 'token_embd.weight', holds: ['tokenEmbedding'], layout: 'vocab width' },
    { name: 'blk.{layer}.attn_norm.weight', holds: ['attentionNormGain'], layout: 'width' },
    ...linear('blk.{layer}.attn_q', ['query'], '(head dim) width'),
    ...linear('blk.{layer}.attn_k', ['key'], '(head dim) width'),
    ...linear('blk.{layer}.attn_v', ['value'], '(head dim) width'),
    { name: 'blk.{layer}.attn_q_norm.weight', holds: ['queryNormGain'], layout: 'dim' },
    { name: 'blk.{layer}.attn_k_norm.weight', holds: ['keyNormGain'], layout: 'dim' },
    ...linear('blk.{layer}.attn_output', ['output'], 'width (head dim)'),
    { name: 'blk.{layer}.ffn_norm.weight', holds: ['mlpNormGain'], layout: 'width' },
    ...linear('blk.{layer}.ffn_gate', ['gate'], 'hidden width'),
    ...linear('blk.{layer}.ffn_up', ['up'], 'hidden width'),
    ...linear('blk.{layer}.ffn_down', ['down'], 'width hidden'),
    { name: 'output_norm.weight', holds: ['finalNormGain'], layout: 'width' },
    { name: 'output.weight', holds: ['unembedding'], layout: 'output width' },
  ],
};

/** A family of Qwen's, by what the file calls it. */
export function qwenGguf(architecture: 'qwen2' | 'qwen3'): GgufForm {
  const upstream = { ...llamaGguf.upstream, path: 'conversion/qwen.py' };
  return { ...llamaGguf, architecture, upstream, turnsNeighbours: false, headsFillWidth: architecture === 'qwen2' };
}
