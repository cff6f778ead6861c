/**
 * RoBERTa with a classifier of tokens: BERT whose rows of positions begin behind the id of padding, and are not counted on where that id
 * stands. With the id -1, which no token has, they are counted as in BERT.
 */
import { BERT_CHOICES, BERT_CONFIG, BERT_LAYER, bertLike } from '../../bert-like.ts';
import { modelingFile } from '../../stock-data.ts';

export const roberta = bertLike({
  name: 'roberta',
  architecture: 'RobertaForTokenClassification',
  upstream: modelingFile('roberta', '87b236ba2be8b3e48a7d0c8ca6513302736d2886'),
  names: { base: 'roberta', ...BERT_LAYER },
  ...BERT_CONFIG,
  choices: [...BERT_CHOICES, { key: 'pad_token_id', absent: 1, values: [{ value: -1, traits: {} }] }],
  written: { ...BERT_CONFIG.written, pad_token_id: -1 },
});
