/**
 * RoBERTa with a classifier of tokens: BERT whose rows of positions begin behind the id of padding, and are not counted on where that id
 * stands. With the id -1, which no token has, they are counted as in BERT.
 */
import { BERT_LAYER, bertLike } from '../../bert-like.ts';
import { activationChoice, fixedChoice, modelingFile } from '../../stock-data.ts';

export const roberta = bertLike({
  name: 'roberta',
  architecture: 'RobertaForTokenClassification',
  upstream: modelingFile('roberta', '87b236ba2be8b3e48a7d0c8ca6513302736d2886'),
  names: { base: 'roberta', ...BERT_LAYER },
  sizes: { types: { key: 'type_vocab_size', otherwise: null } },
  epsilonKey: 'layer_norm_eps',
  choices: [
    activationChoice('hidden_act', 'gelu'),
    fixedChoice('is_decoder', false),
    fixedChoice('add_cross_attention', false),
    { key: 'pad_token_id', absent: 1, values: [{ value: -1, traits: {} }] },
  ],
  written: {
    ...{ attention_probs_dropout_prob: 0, hidden_dropout_prob: 0, classifier_dropout: 0, initializer_range: 0.02, use_cache: true },
    pad_token_id: -1,
  },
});
