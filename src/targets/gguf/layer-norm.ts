/** Families with LayerNorm in GGUF, whose heads turn by halves as in transformers and have to fill the width. */
import { type DecoderNames, decoderTensors } from '../layer-norm-decoder.ts';
import { linear, norm } from '../stock-data.ts';
import type { GgufForm } from '../target.ts';
import { gpt2Gguf } from './gpt2.ts';

const LAYER = 'blk.{layer}';

const NAMES: DecoderNames = {
  ...{ tokens: 'token_embd', finalNorm: 'output_norm', unembedding: 'output', layer: LAYER },
  ...{ attentionNorm: 'attn_norm', mlpNorm: 'ffn_norm', up: 'ffn_up', down: 'ffn_down', output: 'attn_output' },
  heads: { each: ['attn_q', 'attn_k', 'attn_v'] },
};

const FORM: GgufForm = { ...gpt2Gguf, headsFillWidth: true, tensors: decoderTensors(NAMES) };

const from = (path: string): GgufForm['upstream'] => ({ ...gpt2Gguf.upstream, path: `conversion/${path}.py` });

/** Whether attention and MLP stand beside each other is a key of the file; GELU is the one by tanh, whatever config.json says. */
export const gptNeoxGguf: GgufForm = {
  ...FORM,
  architecture: 'gptneox',
  upstream: from('gpt_neox'),
  parallelKey: 'use_parallel_residual',
  needsBiases: ['attentionInput', 'attentionOutput'],
  tensors: decoderTensors({ ...NAMES, heads: { fused: 'attn_qkv', layout: '(part head dim) width' } }),
};

export const starcoder2Gguf: GgufForm = {
  ...FORM,
  architecture: 'starcoder2',
  upstream: from('starcoder'),
  needsBiases: ['attentionOutput', 'mlp'],
};

const { mlpNorm: _, ...oneNorm } = NAMES;

export const phiGguf: GgufForm = { ...FORM, architecture: 'phi2', upstream: from('phi'), tensors: decoderTensors(oneNorm) };

/** Attention and MLP stand beside each other where the file has no second norm. */
export const stablelmGguf: GgufForm = {
  ...FORM,
  architecture: 'stablelm',
  upstream: from('stablelm'),
  parallelKey: 'use_parallel_residual',
  activation: 'silu',
  tensors: [
    { name: 'token_embd.weight', holds: ['tokenEmbedding'], layout: 'vocab width' },
    ...norm(`${LAYER}.attn_norm`, 'attentionNorm'),
    ...(['query', 'key', 'value'] as const).flatMap((role) => linear(`${LAYER}.attn_${role[0]}`, [role], '(head dim) width')),
    ...linear(`${LAYER}.attn_output`, ['output'], 'width (head dim)'),
    ...norm(`${LAYER}.ffn_norm`, 'mlpNorm'),
    ...(['gate', 'up'] as const).flatMap((role) => linear(`${LAYER}.ffn_${role}`, [role], 'hidden width')),
    ...linear(`${LAYER}.ffn_down`, ['down'], 'width hidden'),
    ...norm('output_norm', 'finalNorm'),
    { name: 'output.weight', holds: ['unembedding'], layout: 'output width' },
  ],
};
