/** Llama and Mistral in GGUF: llama.cpp turns neighbouring dimensions of a head, so the rows of queries and keys change places. */
import type { GgufForm } from './target.ts';

export const llamaGguf: GgufForm = {
  architecture: 'llama',
  upstream: { repository: 'ggml-org/llama.cpp', path: 'conversion/llama.py', release: 'v0.5.0' },
  epsilonKey: 'attention.layer_norm_rms_epsilon',
  activation: 'silu',
  turnsNeighbours: true,
  tensors: [
    { name: 'token_embd.weight', holds: ['tokenEmbedding'], layout: 'vocab width' },
    { name: 'blk.{layer}.attn_norm.weight', holds: ['attentionNormGain'], layout: 'width' },
    { name: 'blk.{layer}.attn_q.weight', holds: ['query'], layout: '(head dim) width' },
    { name: 'blk.{layer}.attn_q.bias', holds: ['queryBias'], layout: '(head dim)' },
    { name: 'blk.{layer}.attn_k.weight', holds: ['key'], layout: '(head dim) width' },
    { name: 'blk.{layer}.attn_k.bias', holds: ['keyBias'], layout: '(head dim)' },
    { name: 'blk.{layer}.attn_v.weight', holds: ['value'], layout: '(head dim) width' },
    { name: 'blk.{layer}.attn_v.bias', holds: ['valueBias'], layout: '(head dim)' },
    { name: 'blk.{layer}.attn_output.weight', holds: ['output'], layout: 'width (head dim)' },
    { name: 'blk.{layer}.attn_output.bias', holds: ['outputBias'], layout: 'width' },
    { name: 'blk.{layer}.ffn_norm.weight', holds: ['mlpNormGain'], layout: 'width' },
    { name: 'blk.{layer}.ffn_gate.weight', holds: ['gate'], layout: 'hidden width' },
    { name: 'blk.{layer}.ffn_gate.bias', holds: ['gateBias'], layout: 'hidden' },
    { name: 'blk.{layer}.ffn_up.weight', holds: ['up'], layout: 'hidden width' },
    { name: 'blk.{layer}.ffn_up.bias', holds: ['upBias'], layout: 'hidden' },
    { name: 'blk.{layer}.ffn_down.weight', holds: ['down'], layout: 'width hidden' },
    { name: 'blk.{layer}.ffn_down.bias', holds: ['downBias'], layout: 'width' },
    { name: 'output_norm.weight', holds: ['finalNormGain'], layout: 'width' },
    { name: 'output.weight', holds: ['unembedding'], layout: 'output width' },
  ],
};
