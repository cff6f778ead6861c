/** GPT-2 in GGUF: what transformers stores transposed (Conv1D) lies there as in every other family. */
import { decoderTensors } from '../layer-norm-decoder.ts';
import type { GgufForm } from '../target.ts';

export const gpt2Gguf: GgufForm = {
  architecture: 'gpt2',
  upstream: { repository: 'ggml-org/llama.cpp', path: 'conversion/gpt2.py', release: 'v0.5.0' },
  epsilonKey: 'attention.layer_norm_epsilon',
  activation: 'gelu-tanh',
  turnsNeighbours: false,
  headsFillWidth: false,
  tensors: decoderTensors({
    ...{ tokens: 'token_embd', positions: 'position_embd', finalNorm: 'output_norm', unembedding: 'output' },
    ...{ layer: 'blk.{layer}', attentionNorm: 'attn_norm', mlpNorm: 'ffn_norm', up: 'ffn_up', down: 'ffn_down' },
    heads: { fused: 'attn_qkv', layout: '(part head dim) width' },
    output: 'attn_output',
  }),
};
