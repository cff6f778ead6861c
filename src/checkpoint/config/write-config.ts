/** Writes config.json: what stock loaders need to build exactly this model, and nothing that is left to their defaults. */
import { type ModelConfig, plainNumbers } from '../../targets/model-config.ts';
import type { Json, Traits } from '../../targets/target.ts';
import type { Dtype } from '../../tensor/dtype.ts';

/** Token ids with a meaning to generation; null where there is none. */
export interface SpecialIds {
  readonly bos: number;
  readonly eos: number | null;
  /** Never one that an input can hold: stock generation masks the padding id wherever it occurs. */
  readonly pad: number | null;
}

export interface ConfigFile {
  readonly config: ModelConfig;
  readonly special: SpecialIds;
  /** What stock loaders compute in; without it they take the dtype of the file, and run wholly in it. */
  readonly compute: Dtype;
  /** Names of the outputs of a classifier, by id. */
  readonly labels: readonly string[];
}

const TORCH_NAMES: Readonly<Record<Dtype, string>> = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' };

/** The value of a choice under which the model has the traits it has. */
function chosenValue(key: string, values: ModelConfig['target']['config']['choices'][number]['values'], traits: Traits): Json {
  const agrees = (change: object, actual: object): boolean =>
    Object.entries(change).every(([name, wanted]) => {
      const found = (actual as Record<string, unknown>)[name];
      return typeof wanted === 'object' ? agrees(wanted as object, found as object) : wanted === found;
    });
  const chosen = values.find((choice) => agrees(choice.traits, traits));
  if (chosen === undefined) throw new Error(`no value of \`${key}\` gives the traits of the model`);
  return chosen.value;
}

function labelKeys(labels: readonly string[]): Record<string, Json> {
  return {
    id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  };
}

/** Numbers under which the model computes as if it had none. */
function numberKeys({ target, traits, sizes }: ModelConfig): Record<string, Json> {
  const { embedding, scores, writes, logits, scoreCap, logitCap } = target.config.numbers ?? {};
  const plain = plainNumbers(traits, sizes);
  const keys: Record<string, Json> = {};
  for (const [spec, value] of [
    [embedding, plain.embedding],
    [scores, plain.scores],
    [writes, plain.writes],
    [logits, plain.logits],
  ] as const) {
    if (spec !== undefined) keys[spec.key] = spec.as === 'factor' ? value : spec.as === 'divisor' ? 1 / value : Math.round(value ** -2);
  }
  for (const spec of [scoreCap, logitCap]) if (spec !== undefined) keys[spec.key] = null;
  return keys;
}

/** What says that all layers see everything and turn. */
function layerKeys({ target, sizes, rotary }: ModelConfig): Record<string, Json> {
  const { layerKinds, localRotary } = target.config;
  const keys: Record<string, Json> = {};
  if (layerKinds !== undefined && layerKinds.plain !== null) {
    const { plain } = layerKinds;
    keys[layerKinds.key] = 'each' in plain ? Array.from({ length: sizes.layers }, () => plain.each) : [[plain.runs, sizes.layers]];
  }
  if (localRotary !== undefined && rotary !== null) {
    keys.rope_parameters = {
      full_attention: { rope_type: 'default', rope_theta: rotary.base },
      sliding_attention: { rope_type: 'default', rope_theta: localRotary.base },
    };
  }
  return keys;
}

/** The text of config.json. */
export function writeConfigJson({ config, special, compute, labels }: ConfigFile): string {
  const { target, sizes, rotary } = config;
  const spec = target.config;
  const keys: Record<string, Json> = {
    architectures: [target.architecture],
    model_type: target.modelType,
    dtype: TORCH_NAMES[compute],
    ...Object.fromEntries(
      Object.entries(spec.sizes).flatMap(([name, { key, plus = 0 }]) =>
        key === null ? [] : [[key, sizes[name as keyof typeof sizes] - plus]],
      ),
    ),
    ...(spec.epsilon.key === null ? {} : { [spec.epsilon.key]: config.epsilon }),
    ...Object.fromEntries(Object.entries(spec.sameAs ?? {}).map(([key, name]) => [key, sizes[name]])),
    ...Object.fromEntries(spec.choices.map(({ key, values }) => [key, chosenValue(key, values, config.traits)])),
    tie_word_embeddings: config.tied,
    bos_token_id: special.bos,
    eos_token_id: special.eos,
    pad_token_id: special.pad,
    ...spec.written,
  };
  if (rotary !== null && spec.rotary !== null) {
    const { baseKey, fractionKey } = spec.rotary;
    const fraction = rotary.dims / sizes.dim;
    keys.rope_parameters = {
      rope_type: 'default',
      rope_theta: rotary.base,
      ...(fractionKey === null ? {} : { partial_rotary_factor: fraction }),
    };
    keys[baseKey] = rotary.base;
    if (fractionKey !== null) keys[fractionKey] = fraction;
  }
  Object.assign(keys, numberKeys(config), layerKeys(config));
  if (spec.window !== null) {
    keys[spec.window.key] = spec.window.isNumber ? sizes.positions : null;
    if (spec.window.enabledBy !== null) keys[spec.window.enabledBy] = false;
  }
  if (config.traits.output === 'token-classification') Object.assign(keys, labelKeys(labels));
  return `${JSON.stringify(keys, null, 2)}\n`;
}

/**
 * The text of generation_config.json: the largest logit and no other, up to the last position. Pipelines sample from all tokens unless
 * the model says so; told not to sample they sample all the same, but one candidate leaves nothing to chance.
 */
export function writeGenerationConfigJson({ bos, eos, pad }: SpecialIds, positions: number): string {
  const keys = { bos_token_id: bos, eos_token_id: eos, pad_token_id: pad, do_sample: true, top_k: 1, max_length: positions };
  return `${JSON.stringify(keys, null, 2)}\n`;
}
