/**
 * BERT and its relatives, with a classifier of tokens: bidirectional, LayerNorm on the stream after each sublayer, learned positions, exact GELU,
 * biases everywhere. A family is what it has otherwise.
 */
import { LAYER_NORM_TRAITS } from './layer-norm-decoder.ts';
import { activationChoice, fixedChoice, linear, norm, STOCK_SIZES } from './stock-data.ts';
import type { ConfigSpec, Target, TensorSpec, Traits } from './target.ts';

const TRAITS: Traits = {
  ...LAYER_NORM_TRAITS,
  attention: 'bidirectional',
  normPlace: 'post',
  biases: { ...LAYER_NORM_TRAITS.biases, unembedding: true },
  output: 'token-classification',
};

/** What a family calls its tensors, without `.weight` and `.bias`. */
export interface EncoderNames {
  /** What all names but the classifier's begin with. */
  readonly base: string;
  /** Whether embeddings have a table of token types. */
  readonly hasTypes: boolean;
  /** What the names in a layer begin with, after the base. */
  readonly layer: string;
  readonly heads: readonly [query: string, key: string, value: string];
  readonly output: string;
  readonly attentionNorm: string;
  readonly up: string;
  readonly down: string;
  readonly mlpNorm: string;
}

/** The names of BERT's own layers. */
export const BERT_LAYER: Omit<EncoderNames, 'base'> = {
  hasTypes: true,
  layer: 'encoder.layer.{layer}',
  heads: ['attention.self.query', 'attention.self.key', 'attention.self.value'],
  ...{ output: 'attention.output.dense', attentionNorm: 'attention.output.LayerNorm' },
  ...{ up: 'intermediate.dense', down: 'output.dense', mlpNorm: 'output.LayerNorm' },
};

/** What BERT and RoBERTa say of themselves alike. */
export const BERT_CONFIG = {
  sizes: { types: { key: 'type_vocab_size', otherwise: null } },
  epsilonKey: 'layer_norm_eps',
  written: { attention_probs_dropout_prob: 0, hidden_dropout_prob: 0, classifier_dropout: 0, initializer_range: 0.02, use_cache: true },
} as const;

/** Keys that change what both compute. */
export const BERT_CHOICES: ConfigSpec['choices'] = [
  activationChoice('hidden_act', 'gelu'),
  fixedChoice('is_decoder', false),
  fixedChoice('add_cross_attention', false),
];

function tensorsOf({ base, hasTypes, layer, heads, output, attentionNorm, up, down, mlpNorm }: EncoderNames): TensorSpec[] {
  const embeddings = `${base}.embeddings`;
  const inLayer = (name: string) => `${base}.${layer}.${name}`;
  return [
    { name: `${embeddings}.word_embeddings.weight`, holds: ['tokenEmbedding'], layout: 'vocab width' },
    { name: `${embeddings}.position_embeddings.weight`, holds: ['positionEmbedding'], layout: 'position width' },
    ...(hasTypes ? [{ name: `${embeddings}.token_type_embeddings.weight`, holds: ['typeEmbedding'], layout: 'type width' } as const] : []),
    ...norm(`${embeddings}.LayerNorm`, 'embeddingNorm'),
    ...(['query', 'key', 'value'] as const).flatMap((role, i) => linear(inLayer(heads[i] as string), [role], '(head dim) width')),
    ...linear(inLayer(output), ['output'], 'width (head dim)'),
    ...norm(inLayer(attentionNorm), 'attentionNorm'),
    ...linear(inLayer(up), ['up'], 'hidden width'),
    ...linear(inLayer(down), ['down'], 'width hidden'),
    ...norm(inLayer(mlpNorm), 'mlpNorm'),
    ...linear('classifier', ['unembedding'], 'output width'),
  ];
}

/** What a family has otherwise; sizes come in beside the stock ones, by key. */
export interface EncoderDifferences extends Pick<Target, 'name' | 'architecture' | 'upstream'> {
  readonly names: EncoderNames;
  readonly sizes: Partial<ConfigSpec['sizes']>;
  readonly aliases?: NonNullable<ConfigSpec['aliases']>;
  readonly epsilonKey: string | null;
  readonly choices: ConfigSpec['choices'];
  readonly written: ConfigSpec['written'];
}

export function bertLike({
  name,
  architecture,
  upstream,
  names,
  sizes,
  aliases,
  epsilonKey,
  choices,
  written,
}: EncoderDifferences): Target {
  return {
    ...{ name, modelType: name, architecture, upstream, traits: TRAITS },
    config: {
      sizes: { ...STOCK_SIZES, ...sizes, outputs: { key: null, otherwise: 'labels' } },
      ...(aliases === undefined ? {} : { aliases }),
      epsilon: { key: epsilonKey, absent: 1e-12 },
      rotary: null,
      tied: true,
      choices,
      window: null,
      written,
    },
    tensors: tensorsOf(names),
    init: null,
    gguf: null,
    tokenizerClass: 'AutoTokenizer',
    basePrefix: `${names.base}.`,
    ignored: ['.embeddings.position_ids'],
  };
}
