/** What config.json and checkpoints of many families have in common: names of activations, keys of sizes, and what follows from a layout. */
import type { LayerRole, ModelRole } from '../weights/roles.ts';
import type { Choice, ConfigSpec, Json, LayerKinds, Target, TensorSpec, Traits } from './target.ts';

/** The release of transformers with which every family was checked. */
export const RELEASE = '5.12.1';

/** The upstream modeling file of a family, by the folder that it lies in, at a commit that has these names. */
export function modelingFile(folder: string, commit: string): Target['upstream'] {
  const path = `src/transformers/models/${folder}/modeling_${folder}.py`;
  return { repository: 'huggingface/transformers', path, commit, release: RELEASE };
}

/** What transformers calls the activations (`ACT2FN` in src/transformers/activations.py); the first name of each is the one that is written. */
const ACTIVATION_NAMES: readonly (readonly [name: string, activation: Traits['activation']])[] = [
  ['silu', 'silu'],
  ['gelu', 'gelu'],
  ['gelu_new', 'gelu-tanh'],
  ['gelu_pytorch_tanh', 'gelu-tanh'],
  ['relu', 'relu'],
];

/** The key that names the activation; the family's own name for it comes first. */
export function activationChoice(key: string, absent: string): Choice {
  const names = [...ACTIVATION_NAMES].sort((a, b) => Number(b[0] === absent) - Number(a[0] === absent));
  return { key, absent, values: names.map(([value, activation]) => ({ value, traits: { activation } })) };
}

/** A key that turns biases on and off. */
export function biasChoice(key: string, absent: boolean, biases: readonly (keyof Traits['biases'])[]): Choice {
  const all = (isThere: boolean) => ({ biases: Object.fromEntries(biases.map((bias) => [bias, isThere])) });
  return {
    key,
    absent,
    values: [
      { value: true, traits: all(true) },
      { value: false, traits: all(false) },
    ],
  };
}

/** A key that may only have values under which the arithmetic stays as it is. */
export function fixedChoice(key: string, ...values: readonly [absent: Json, ...others: Json[]]): Choice {
  return { key, absent: values[0], values: values.map((value) => ({ value, traits: {} })) };
}

/** The keys of sizes as most families name them. */
export const STOCK_SIZES: ConfigSpec['sizes'] = {
  vocab: { key: 'vocab_size', otherwise: null },
  positions: { key: 'max_position_embeddings', otherwise: null },
  width: { key: 'hidden_size', otherwise: null },
  layers: { key: 'num_hidden_layers', otherwise: null },
  heads: { key: 'num_attention_heads', otherwise: null },
  kvHeads: { key: null, otherwise: 'heads' },
  dim: { key: null, otherwise: 'width / heads' },
  hidden: { key: 'intermediate_size', otherwise: null },
  types: { key: null, otherwise: 0 },
  outputs: { key: null, otherwise: 'vocab' },
};

/** Sizes of families whose heads may share keys and values, and have a size of their own. */
export const GROUPED_SIZES: ConfigSpec['sizes'] = {
  ...STOCK_SIZES,
  kvHeads: { key: 'num_key_value_heads', otherwise: 'heads' },
  dim: { key: 'head_dim', otherwise: 'width / heads' },
};

/** The axes that a matrix of a role is multiplied over; a bias has the others. */
const INPUT_AXES: Readonly<Partial<Record<ModelRole | LayerRole, string>>> = { output: '(head dim)', down: 'hidden' };

/** A matrix and its bias, which is there where the traits have it. */
export function linear(name: string, holds: TensorSpec['holds'], layout: string): TensorSpec[] {
  const [first] = holds;
  const input = (first && INPUT_AXES[first]) ?? 'width';
  const biases = holds.map((role) => `${role}Bias`) as TensorSpec['holds'];
  const biasLayout = ` ${layout} `.replace(` ${input} `, ' ').trim();
  return [
    { name: `${name}.weight`, holds, layout },
    { name: `${name}.bias`, holds: biases, layout: biasLayout },
  ];
}

/** The gain of a norm and its bias, which is there where the traits have it. */
export function norm(name: string, role: 'embeddingNorm' | 'attentionNorm' | 'mlpNorm' | 'finalNorm'): TensorSpec[] {
  return [
    { name: `${name}.weight`, holds: [`${role}Gain`], layout: 'width' },
    { name: `${name}.bias`, holds: [`${role}Bias`], layout: 'width' },
  ];
}

/** Values of `layer_types`, where layers differ in how far back they see. */
export const LAYER_TYPES: LayerKinds['values'] = [
  { value: 'full_attention', kind: { windowed: false, turns: 'main' } },
  { value: 'sliding_attention', kind: { windowed: true, turns: 'main' } },
];

/** Windows in the layers that `layer_types` lists, or from the one on that another key names. */
export function windowsFrom(key: string, first: number): LayerKinds {
  return {
    key: 'layer_types',
    plain: null,
    absent: (layer, number) => ({ windowed: layer >= number(key, first), turns: 'main' }),
    values: LAYER_TYPES,
  };
}
