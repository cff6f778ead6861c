/** GPT-2 in GGUF: what transformers stores transposed (Conv1D) lies there as in every other family. */
import type { GgufForm } from './target.ts';

export const gpt2Gguf: GgufForm = {
  architecture: 'gpt2',
  upstream: { repository: 'ggml-org/llama.cpp', path: 'conversion/gpt2.py', release: 'v0.5.0' },
  epsilonKey: 'attention.layer_norm_epsilon',
  activation: 'gelu-tanh',
  turnsNeighbours: false,
  tensors: [
    { name: 'token_embd.weight', holds: ['tokenEmbedding'], layout: 'vocab width' },
    { name: 'position_embd.weight', holds: ['positionEmbedding'], layout: 'position width' },
    { name: 'blk.{layer}.attn_norm.weight', holds: ['attentionNormGain'], layout: 'width' },
    { name: 'blk.{layer}.attn_norm.bias', holds: ['attentionNormBias'], layout: 'width' },
    { name: 'blk.{layer}.attn_qkv.weight', holds: ['query', 'key', 'value'], layout: '(part head dim) width' },
    { name: 'blk.{layer}.attn_qkv.bias', holds: ['queryBias', 'keyBias', 'valueBias'], layout: '(part head dim)' },
    { name: 'blk.{layer}.attn_output.weight', holds: ['output'], layout: 'width (head dim)' },
    { name: 'blk.{layer}.attn_output.bias', holds: ['outputBias'], layout: 'width' },
    { name: 'blk.{layer}.ffn_norm.weight', holds: ['mlpNormGain'], layout: 'width' },
    { name: 'blk.{layer}.ffn_norm.bias', holds: ['mlpNormBias'], layout: 'width' },
    { name: 'blk.{layer}.ffn_up.weight', holds: ['up'], layout: 'hidden width' },
    { name: 'blk.{layer}.ffn_up.bias', holds: ['upBias'], layout: 'hidden' },
    { name: 'blk.{layer}.ffn_down.weight', holds: ['down'], layout: 'width hidden' },
    { name: 'blk.{layer}.ffn_down.bias', holds: ['downBias'], layout: 'width' },
    { name: 'output_norm.weight', holds: ['finalNormGain'], layout: 'width' },
    { name: 'output_norm.bias', holds: ['finalNormBias'], layout: 'width' },
    { name: 'output.weight', holds: ['unembedding'], layout: 'output width' },
  ],
};
