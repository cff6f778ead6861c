/**
 * BERT with a classifier of tokens: bidirectional, LayerNorm on the stream after each sublayer, learned positions, token types, exact
 * GELU, biases everywhere.
 */
import { LAYER_NORM_TRAITS } from '../../layer-norm-decoder.ts';
import { activationChoice, fixedChoice, linear, modelingFile, norm, STOCK_SIZES } from '../../stock-data.ts';
import type { Target } from '../../target.ts';

export const bert: Target = {
  name: 'bert',
  modelType: 'bert',
  architecture: 'BertForTokenClassification',
  upstream: modelingFile('bert', '8ec58104181bfb34d824d89bccc009b4f6be6e0e'),
  traits: {
    ...LAYER_NORM_TRAITS,
    attention: 'bidirectional',
    normPlace: 'post',
    biases: { ...LAYER_NORM_TRAITS.biases, unembedding: true },
    output: 'token-classification',
  },
  config: {
    sizes: { ...STOCK_SIZES, types: { key: 'type_vocab_size', otherwise: null }, outputs: { key: null, otherwise: 'labels' } },
    epsilon: { key: 'layer_norm_eps', absent: 1e-12 },
    rotary: null,
    tied: true,
    choices: [
      activationChoice('hidden_act', 'gelu'),
      fixedChoice('is_decoder', false),
      fixedChoice('add_cross_attention', false),
      fixedChoice('position_embedding_type', 'absolute'),
    ],
    window: null,
    written: { attention_probs_dropout_prob: 0, hidden_dropout_prob: 0, classifier_dropout: 0, initializer_range: 0.02, use_cache: true },
  },
  tensors: [
    { name: 'bert.embeddings.word_embeddings.weight', holds: ['tokenEmbedding'], layout: 'vocab width' },
    { name: 'bert.embeddings.position_embeddings.weight', holds: ['positionEmbedding'], layout: 'position width' },
    { name: 'bert.embeddings.token_type_embeddings.weight', holds: ['typeEmbedding'], layout: 'type width' },
    ...norm('bert.embeddings.LayerNorm', 'embeddingNorm'),
    ...linear('bert.encoder.layer.{layer}.attention.self.query', ['query'], '(head dim) width'),
    ...linear('bert.encoder.layer.{layer}.attention.self.key', ['key'], '(head dim) width'),
    ...linear('bert.encoder.layer.{layer}.attention.self.value', ['value'], '(head dim) width'),
    ...linear('bert.encoder.layer.{layer}.attention.output.dense', ['output'], 'width (head dim)'),
    ...norm('bert.encoder.layer.{layer}.attention.output.LayerNorm', 'attentionNorm'),
    ...linear('bert.encoder.layer.{layer}.intermediate.dense', ['up'], 'hidden width'),
    ...linear('bert.encoder.layer.{layer}.output.dense', ['down'], 'width hidden'),
    ...norm('bert.encoder.layer.{layer}.output.LayerNorm', 'mlpNorm'),
    ...linear('classifier', ['unembedding'], 'output width'),
  ],
  init: null,
  gguf: null,
  tokenizerClass: 'AutoTokenizer',
  basePrefix: 'bert.',
  ignored: ['.embeddings.position_ids'],
};
