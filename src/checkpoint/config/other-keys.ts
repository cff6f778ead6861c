/**
 * Keys of config.json beside those that a family's data names: what every stock class, or the code that all of them share, reads. Such a key
 * changes nothing, or it is refused. tests/fixtures/config-keys.json is the list of what the classes read, and a test holds this against it.
 * Source: huggingface/transformers 5.12.1, configuration_utils.py, masking_utils.py, cache_utils.py and the modeling files.
 */
import { fail } from '../../diagnostics/catalog.ts';
import type { Loading } from '../../targets/loading.ts';
import type { Target } from '../../targets/target.ts';
import type { Sizes } from '../../weights/roles.ts';
import { describeJson, isJsonList, isJsonObject, type JsonTree } from '../json/strict-json.ts';

type Config = ReadonlyMap<string, JsonTree>;

/** What the values of a key are held against. */
interface Known {
  readonly target: Target;
  readonly sizes: Sizes;
  readonly config: Config;
}

/** Whether a value changes nothing, and what would not. */
interface Rule {
  readonly allows: (value: JsonTree, known: Known) => boolean;
  readonly expected: string | ((known: Known) => string);
}

const nothing: Rule = { allows: (value) => value === null, expected: 'null' };
const off: Rule = { allows: (value) => value === false, expected: 'false' };
const zero: Rule = { allows: (value) => value === 0n, expected: '0' };
const equalTo = (number: (known: Known) => number): Rule => ({
  allows: (value, known) => value === BigInt(number(known)),
  expected: (known) => String(number(known)),
});
const eager: Rule = {
  allows: (value) => value === null || value === 'eager' || value === 'sdpa',
  expected: '"eager" or "sdpa", whose arithmetic raspc knows',
};
const token: Rule = {
  // from the end where it is negative
  allows: (value, { sizes: { vocab } }) =>
    value === null || (typeof value === 'bigint' && value >= BigInt(-vocab) && value < BigInt(vocab)),
  expected: ({ sizes }) => `null or an id below ${sizes.vocab}`,
};
const positionsAtLeast: Rule = {
  allows: (value, { sizes }) => value === null || (typeof value === 'bigint' && value >= BigInt(sizes.positions)),
  expected: ({ sizes }) => `null, or at least the ${sizes.positions} positions of the model`,
};

/** Changes nothing, but a stock class refuses to load what is of another type. */
const ofType = (expected: string, ...types: readonly ('bigint' | 'number' | 'boolean' | 'string' | 'null')[]): Rule => ({
  allows: (value) => types.some((type) => (type === 'null' ? value === null : typeof value === type)),
  expected,
});
/** Families whose class takes null for a dropout. */
const NULL_DROPOUTS: Readonly<Record<string, readonly string[]>> = {
  attention_dropout: ['llama', 'phi'],
  classifier_dropout: ['bert', 'roberta'],
};
/** Nothing is dropped in a forward pass, but layers that drop are built, and refuse what is no probability. */
const dropout = (key: string): Rule => ({
  allows: (value, { target }) =>
    value === null
      ? (NULL_DROPOUTS[key]?.includes(target.modelType) ?? false)
      : (typeof value === 'number' || typeof value === 'bigint') && value >= 0 && value <= 1,
  expected: 'a number from 0 to 1',
});
const DROPOUTS = [
  ...['attn_pdrop', 'embd_pdrop', 'resid_pdrop', 'attention_dropout', 'hidden_dropout', 'classifier_dropout', 'hidden_dropout_prob'],
  ...['attention_probs_dropout_prob', 'summary_first_dropout', 'dropout', 'embed_dropout', 'embedding_dropout', 'resid_dropout'],
  ...['residual_dropout', 'layerdrop', 'qa_dropout', 'seq_classif_dropout'],
];
const flag = ofType('true or false', 'boolean');
const flagOrNull = ofType('true or false', 'boolean', 'null');
const textOrNull = ofType('a text', 'string', 'null');

/** Keys that a family reads with a default that null does not stand for. */
const NEVER_NULL: Readonly<Record<string, readonly string[]>> = { head_dim: ['phi3', 'qwen2'] };

/** By key. A key that the family's own data reads is left to that. */
const RULES: Readonly<Record<string, Rule>> = {
  // what is stored is not what is computed with
  quantization_config: { allows: (value) => value === null, expected: 'left out: the weights are read as they are stored' },
  compression_config: nothing,
  // other files, other names, other parts
  transformers_weights: nothing,
  gguf_file: nothing,
  attribute_map: nothing,
  sub_configs: { allows: () => false, expected: 'left out' },
  fusion_config: nothing,
  distributed_config: nothing,
  base_model_tp_plan: nothing,
  base_model_pp_plan: nothing,
  base_model_ep_plan: nothing,
  // who sees whom
  is_causal: {
    allows: (value, { target }) => value === null || value === (target.traits.attention === 'causal'),
    expected: ({ target }) => String(target.traits.attention === 'causal'),
  },
  is_decoder: {
    allows: (value, { target }) => value === false || (value === true && target.traits.attention === 'causal'),
    expected: 'false',
  },
  is_encoder_decoder: off,
  add_cross_attention: off,
  use_bidirectional_attention: { allows: (value) => value === null || value === false, expected: 'false' },
  attention_chunk_size: nothing,
  sliding_window: positionsAtLeast,
  num_kv_shared_layers: zero,
  mlp_layer_types: nothing,
  // how it is computed
  attn_implementation: eager,
  _attn_implementation: eager,
  experts_implementation: nothing,
  _experts_implementation: nothing,
  chunk_size_feed_forward: zero,
  pruned_heads: { allows: (value) => value === null || (isJsonObject(value) && value.size === 0), expected: 'empty' },
  position_embedding_type: { allows: (value) => value === null || value === 'absolute', expected: '"absolute"' },
  default_theta: nothing,
  head_dim: equalTo(({ sizes }) => sizes.dim),
  num_labels: equalTo(({ target, sizes, config }) => (target.traits.output === 'token-classification' ? sizes.outputs : labelsOf(config))),
  pad_token_id: token,
  // what a forward pass does not read
  initializer_range: {
    // one class looks at it
    allows: (value, { target }) => typeof value === 'number' && (target.modelType !== 'llama' || (value >= 0 && value <= 1)),
    expected: 'a number with a fraction from 0 to 1, such as 0.02',
  },
  ...Object.fromEntries(DROPOUTS.map((key) => [key, dropout(key)])),
  // every class looks at it, though few see anything
  vision_feature_select_strategy: {
    allows: (value) => value === null || value === 'default' || value === 'full',
    expected: '"default" or "full"',
  },
  ...{ use_cache: flag, summary_use_proj: flag, summary_proj_to_labels: flag },
  ...{ output_hidden_states: flagOrNull, output_attentions: flagOrNull },
  return_dict: { allows: (value) => value === null || value === true, expected: 'true' },
  summary_type: ofType('a text', 'string'),
  ...{ summary_activation: textOrNull, transformers_version: textOrNull },
  bos_token_id: ofType('an id', 'bigint', 'null'),
  max_window_layers: ofType('a whole number', 'bigint'),
  original_max_position_embeddings: ofType('a whole number', 'bigint'),
  pretraining_tp: ofType('a whole number', 'bigint', 'null'),
  ignore_keys_at_rope_validation: { allows: (value) => value === null || isJsonList(value), expected: 'a list' },
  // read of every config, though most families turn nothing
  rope_parameters: {
    allows: (value, { target }) => target.config.rotary !== null || value === null || isJsonObject(value),
    expected: 'null or an object',
  },
  eos_token_id: {
    allows: (value) => value === null || typeof value === 'bigint' || isJsonList(value),
    expected: 'an id, or a list of them',
  },
  id2label: {
    allows: (value) =>
      value === null || (isJsonObject(value) && [...value].every(([id, label]) => /^-?\d+$/.test(id) && typeof label === 'string')),
    expected: 'null or an object from ids to labels',
  },
  label2id: {
    allows: (value) =>
      value === null || (isJsonObject(value) && ['bigint', 'string'].some((type) => [...value.values()].every((id) => typeof id === type))),
    expected: 'null or an object from labels to ids',
  },
  problem_type: {
    allows: (value) =>
      value === null || ['regression', 'single_label_classification', 'multi_label_classification'].includes(value as string),
    expected: 'null or the name of a kind of problem',
  },
  // a config inside of the config takes its place
  text_config: nothing,
  decoder: nothing,
  generator: nothing,
  text_encoder: nothing,
  encoder: nothing,
};

function labelsOf(config: Config): number {
  const labels = config.get('id2label');
  return isJsonObject(labels) && labels.size > 0 ? labels.size : Number(config.get('num_labels') ?? 2);
}

/** Refuses what a key beside the family's own would change (R7104). */
export function checkOtherKeys(config: Config, target: Target, sizes: Sizes): void {
  const { aliases = {} } = target.config;
  const known = { target, sizes, config };
  const own = ownKeys(target);
  for (const [key, value] of config) {
    const aliased = aliases[key];
    if (aliased !== undefined) {
      // which of the two counts depends on the order in which a release sets them
      if (!sameTree(value, config.get(aliased))) refuse(key, value, `what \`${aliased}\` is, whose other name it is`);
      continue;
    }
    if (value === null && NEVER_NULL[key]?.includes(target.modelType)) refuse(key, value, 'left out, or a whole number');
    const rule = own.has(key) ? undefined : RULES[key];
    if (rule === undefined || rule.allows(value, known)) continue;
    refuse(key, value, typeof rule.expected === 'string' ? rule.expected : rule.expected(known));
  }
}

/** Keys that the family's data gives a meaning. */
function ownKeys({ config: { sizes, choices, window, layerKinds, numbers, sameAs } }: Target): Set<string> {
  const optional = [window?.key, layerKinds?.key, ...Object.values(numbers ?? {}).map(({ key }) => key), ...Object.keys(sameAs ?? {})];
  const keys = [...Object.values(sizes).map(({ key }) => key), ...choices.map(({ key }) => key), ...optional];
  return new Set(keys.filter((key) => typeof key === 'string'));
}

function refuse(key: string, value: JsonTree, expected: string): never {
  return fail('R7104', { file: 'config.json', key, found: describeJson(value), expected });
}

/** Whether two values are the same to a reader of JSON. */
export function sameTree(a: JsonTree | undefined, b: JsonTree | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (isJsonList(a)) return isJsonList(b) && a.length === b.length && a.every((item, i) => sameTree(item, b[i]));
  if (isJsonObject(a)) return isJsonObject(b) && a.size === b.size && [...a].every(([key, value]) => sameTree(value, b.get(key)));
  const isNumber = (tree: JsonTree): tree is bigint | number => typeof tree === 'bigint' || typeof tree === 'number';
  return isNumber(a) && isNumber(b) ? Number(a) === Number(b) : a === b;
}

export function readLoading(config: Config): Loading {
  // `dtype` wins over its older name where both are there
  const dtype = config.get('dtype') ?? config.get('torch_dtype') ?? null;
  if (dtype !== null && typeof dtype !== 'string')
    refuse(config.get('dtype') == null ? 'torch_dtype' : 'dtype', dtype, 'the name of a dtype');
  return { dtype: dtype as string | null, hasOwnCode: (config.get('auto_map') ?? null) !== null };
}
