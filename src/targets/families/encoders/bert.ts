/** BERT with a classifier of tokens: the base of its relatives, with token types. */
import { BERT_LAYER, bertLike } from '../../bert-like.ts';
import { activationChoice, fixedChoice, modelingFile } from '../../stock-data.ts';

export const bert = bertLike({
  name: 'bert',
  architecture: 'BertForTokenClassification',
  upstream: modelingFile('bert', '8ec58104181bfb34d824d89bccc009b4f6be6e0e'),
  names: { base: 'bert', ...BERT_LAYER },
  sizes: { types: { key: 'type_vocab_size', otherwise: null } },
  epsilonKey: 'layer_norm_eps',
  choices: [
    activationChoice('hidden_act', 'gelu'),
    fixedChoice('is_decoder', false),
    fixedChoice('add_cross_attention', false),
    fixedChoice('position_embedding_type', 'absolute'),
  ],
  written: { attention_probs_dropout_prob: 0, hidden_dropout_prob: 0, classifier_dropout: 0, initializer_range: 0.02, use_cache: true },
});
