/** DistilBERT with a classifier of tokens: BERT without token types, with names of its own. */
import { bertLike } from '../../bert-like.ts';
import { activationChoice, fixedChoice, modelingFile } from '../../stock-data.ts';

export const distilbert = bertLike({
  name: 'distilbert',
  architecture: 'DistilBertForTokenClassification',
  upstream: modelingFile('distilbert', 'e368c1a8819d54720956961ea7cd47d99239bd39'),
  names: {
    base: 'distilbert',
    hasTypes: false,
    layer: 'transformer.layer.{layer}',
    heads: ['attention.q_lin', 'attention.k_lin', 'attention.v_lin'],
    ...{ output: 'attention.out_lin', attentionNorm: 'sa_layer_norm', up: 'ffn.lin1', down: 'ffn.lin2', mlpNorm: 'output_layer_norm' },
  },
  sizes: {
    width: { key: 'dim', otherwise: null },
    layers: { key: 'n_layers', otherwise: null },
    heads: { key: 'n_heads', otherwise: null },
    hidden: { key: 'hidden_dim', otherwise: null },
  },
  aliases: { hidden_size: 'dim', num_attention_heads: 'n_heads', num_hidden_layers: 'n_layers' },
  // the class has 1e-12 in its text
  epsilonKey: null,
  // sines are what a new model's table begins with; a stored one is read as it is
  choices: [activationChoice('activation', 'gelu'), fixedChoice('sinusoidal_pos_embds', false, true)],
  written: { attention_dropout: 0, dropout: 0, initializer_range: 0.02 },
});
