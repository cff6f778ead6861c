/**
 * GPT-NeoX (Pythia): LayerNorm, residuals in parallel unless its config says otherwise, heads that turn in part, exact GELU, one tensor
 * for queries, keys and values, interleaved by head.
 */
import type { Target } from './target.ts';

export const gptNeox: Target = {
  name: 'gpt-neox',
  modelType: 'gpt_neox',
  architecture: 'GPTNeoXForCausalLM',
  upstream: {
    repository: 'huggingface/transformers',
    path: 'src/transformers/models/gpt_neox/modeling_gpt_neox.py',
    commit: '203bf6f1c524062b3c109da5ff67e61f483407e7',
    release: '5.12.1',
  },
  traits: {
    attention: 'causal',
    residual: 'parallel',
    normPlace: 'pre',
    norm: 'layer-norm',
    positions: { kind: 'rotary' },
    activation: 'gelu',
    mlp: 'plain',
    biases: { norm: true, attentionInput: true, attentionOutput: true, mlp: true, unembedding: false },
    squareHeads: true,
    headsDivideWidth: true,
    groupedHeads: false,
    scaledEmbedding: false,
    output: 'language-model',
  },
  config: {
    sizes: {
      vocab: { key: 'vocab_size', otherwise: null },
      positions: { key: 'max_position_embeddings', otherwise: null },
      width: { key: 'hidden_size', otherwise: null },
      layers: { key: 'num_hidden_layers', otherwise: null },
      heads: { key: 'num_attention_heads', otherwise: null },
      kvHeads: { key: null, otherwise: 'heads' },
      dim: { key: null, otherwise: 'width / heads' },
      hidden: { key: 'intermediate_size', otherwise: null },
      types: { key: null, otherwise: 0 },
      outputs: { key: null, otherwise: 'vocab' },
    },
    epsilon: { key: 'layer_norm_eps', absent: 1e-5 },
    rotary: { baseKey: 'rotary_emb_base', base: 10000, fractionKey: 'rotary_pct', fraction: 0.25 },
    tied: false,
    choices: [
      {
        key: 'hidden_act',
        absent: 'gelu',
        values: [
          { value: 'gelu', traits: { activation: 'gelu' } },
          { value: 'silu', traits: { activation: 'silu' } },
          { value: 'gelu_new', traits: { activation: 'gelu-tanh' } },
          { value: 'gelu_pytorch_tanh', traits: { activation: 'gelu-tanh' } },
        ],
      },
      {
        key: 'use_parallel_residual',
        absent: true,
        values: [
          { value: true, traits: { residual: 'parallel' } },
          { value: false, traits: { residual: 'sequential' } },
        ],
      },
      {
        key: 'attention_bias',
        absent: true,
        values: [
          { value: true, traits: { biases: { attentionInput: true, attentionOutput: true } } },
          { value: false, traits: { biases: { attentionInput: false, attentionOutput: false } } },
        ],
      },
    ],
    window: null,
    written: { attention_dropout: 0, hidden_dropout: 0, initializer_range: 0.02, use_cache: true },
  },
  tensors: [
    { name: 'gpt_neox.embed_in.weight', holds: ['tokenEmbedding'], layout: 'vocab width' },
    { name: 'gpt_neox.layers.{layer}.input_layernorm.weight', holds: ['attentionNormGain'], layout: 'width' },
    { name: 'gpt_neox.layers.{layer}.input_layernorm.bias', holds: ['attentionNormBias'], layout: 'width' },
    { name: 'gpt_neox.layers.{layer}.attention.query_key_value.weight', holds: ['query', 'key', 'value'], layout: '(head part dim) width' },
    {
      name: 'gpt_neox.layers.{layer}.attention.query_key_value.bias',
      holds: ['queryBias', 'keyBias', 'valueBias'],
      layout: '(head part dim)',
    },
    { name: 'gpt_neox.layers.{layer}.attention.dense.weight', holds: ['output'], layout: 'width (head dim)' },
    { name: 'gpt_neox.layers.{layer}.attention.dense.bias', holds: ['outputBias'], layout: 'width' },
    { name: 'gpt_neox.layers.{layer}.post_attention_layernorm.weight', holds: ['mlpNormGain'], layout: 'width' },
    { name: 'gpt_neox.layers.{layer}.post_attention_layernorm.bias', holds: ['mlpNormBias'], layout: 'width' },
    { name: 'gpt_neox.layers.{layer}.mlp.dense_h_to_4h.weight', holds: ['up'], layout: 'hidden width' },
    { name: 'gpt_neox.layers.{layer}.mlp.dense_h_to_4h.bias', holds: ['upBias'], layout: 'hidden' },
    { name: 'gpt_neox.layers.{layer}.mlp.dense_4h_to_h.weight', holds: ['down'], layout: 'width hidden' },
    { name: 'gpt_neox.layers.{layer}.mlp.dense_4h_to_h.bias', holds: ['downBias'], layout: 'width' },
    { name: 'gpt_neox.final_layer_norm.weight', holds: ['finalNormGain'], layout: 'width' },
    { name: 'gpt_neox.final_layer_norm.bias', holds: ['finalNormBias'], layout: 'width' },
    { name: 'embed_out.weight', holds: ['unembedding'], layout: 'output width' },
  ],
  gguf: null,
  tokenizerClass: 'AutoTokenizer',
  basePrefix: 'gpt_neox.',
  ignored: ['.attention.bias', '.attention.masked_bias', '.attention.rotary_emb.inv_freq'],
};
