/** BERT with a classifier of tokens: the base of its relatives, with token types. */
import { BERT_CHOICES, BERT_CONFIG, BERT_LAYER, bertLike } from '../../bert-like.ts';
import { fixedChoice, modelingFile } from '../../stock-data.ts';

export const bert = bertLike({
  name: 'bert',
  architecture: 'BertForTokenClassification',
  upstream: modelingFile('bert', '8ec58104181bfb34d824d89bccc009b4f6be6e0e'),
  names: { base: 'bert', ...BERT_LAYER },
  ...BERT_CONFIG,
  choices: [...BERT_CHOICES, fixedChoice('position_embedding_type', 'absolute')],
});
