/** What stock classes read of config.json, as transformers itself told, and which of it changes nothing. */
import { readFileSync } from 'node:fs';
import type { Json, Target } from '../../src/targets/target.ts';

export interface FamilyKeys {
  /** Fields of the config's class, and their defaults. */
  readonly fields: Readonly<Record<string, Json>>;
  readonly aliases: Readonly<Record<string, string>>;
  /** Whatever was asked of a config while a model was built, loaded, run and used to generate. */
  readonly read: readonly string[];
}

export const CONFIG_KEYS = JSON.parse(readFileSync('tests/fixtures/config-keys.json', 'utf8')) as {
  readonly transformers: string;
  readonly families: Readonly<Record<string, FamilyKeys>>;
};

/** The least that a model of the family can have. */
export function configOf(target: Target): Record<string, Json> {
  const small: Record<string, number> = {
    vocab: 12,
    positions: 16,
    width: 16,
    layers: 2,
    heads: 2,
    kvHeads: 2,
    dim: 8,
    hidden: 8,
    types: 2,
    outputs: 12,
  };
  const sizes = Object.entries(target.config.sizes).flatMap(([name, { key }]) => (key === null ? [] : [[key, small[name] as number]]));
  return { model_type: target.modelType, architectures: [target.architecture], ...Object.fromEntries(sizes), ...target.config.written };
}

/** Names, training, generation and what is returned: none of it is in the arithmetic of a forward pass. */
const HARMLESS = [
  ...[
    'transformers_version',
    '_name_or_path',
    'name_or_path',
    '_commit_hash',
    '_attn_implementation_internal',
    '_experts_implementation_internal',
  ],
  ...[
    'output_hidden_states',
    'output_attentions',
    '_output_attentions',
    'output_cross_attentions',
    'output_scores',
    'return_dict',
    'use_cache',
  ],
  ...[
    'label2id',
    'problem_type',
    'initializer_range',
    'gradient_checkpointing',
    'has_no_defaults_at_init',
    'ignore_keys_at_rope_validation',
  ],
  ...['dropout', 'embed_dropout', 'embedding_dropout', 'resid_dropout', 'residual_dropout', 'layerdrop', 'init_std'],
  ...['qa_dropout', 'seq_classif_dropout'],
  ...['attn_pdrop', 'embd_pdrop', 'resid_pdrop', 'attention_dropout', 'hidden_dropout', 'classifier_dropout', 'hidden_dropout_prob'],
  ...[
    'attention_probs_dropout_prob',
    'summary_type',
    'summary_use_proj',
    'summary_activation',
    'summary_proj_to_labels',
    'summary_first_dropout',
  ],
  ...['bos_token_id', 'eos_token_id', 'pretraining_tp', 'num_heads', 'original_max_position_embeddings', 'max_window_layers'],
  ...['vision_aspect_ratio', 'vision_feature_layer', 'vision_feature_select_strategy'],
  // a private copy of another key
  '_sliding_window_pattern',
  // settings of generate(), which release 5 takes out of a config
  ...['assistant_confidence_threshold', 'assistant_lookbehind', 'bad_words_ids', 'begin_suppress_tokens', 'diversity_penalty', 'do_sample'],
  ...['early_stopping', 'encoder_no_repeat_ngram_size', 'encoder_repetition_penalty', 'epsilon_cutoff', 'eta_cutoff'],
  ...['exponential_decay_length_penalty', 'forced_bos_token_id', 'forced_eos_token_id', 'length_penalty', 'max_length', 'min_length'],
  ...[
    'no_repeat_ngram_size',
    'num_assistant_tokens',
    'num_assistant_tokens_schedule',
    'num_beam_groups',
    'num_beams',
    'num_return_sequences',
  ],
  ...['remove_invalid_values', 'repetition_penalty', 'return_dict_in_generate', 'suppress_tokens', 'target_lookbehind', 'temperature'],
  ...['top_k', 'top_p', 'typical_p'],
];

/** Whether a key changes nothing for this family. */
export function isHarmless(key: string, target: Target): boolean {
  if (HARMLESS.includes(key)) return true;
  const { rotary } = target.config;
  // where there are no rotary positions, nothing reads them; and those that a family has have keys of their own
  if (['rope_parameters', 'rope_scaling'].includes(key)) return rotary === null;
  if (key === 'rope_theta') return rotary?.baseKey !== key;
  if (key === 'partial_rotary_factor') return rotary?.fractionKey !== key;
  return key === 'id2label' && target.traits.output !== 'token-classification';
}
