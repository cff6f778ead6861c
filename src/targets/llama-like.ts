/**
 * Llama and its relatives: RMSNorm before each sublayer, rotary positions, a gated MLP, grouped key and value heads, no biases. A family is
 * what it has otherwise.
 */
import { LAYER_NORM_TRAITS } from './layer-norm-decoder.ts';
import { activationChoice, GROUPED_SIZES, linear } from './stock-data.ts';
import type { ConfigSpec, Target, TensorSpec, Traits } from './target.ts';

const TRAITS: Traits = {
  ...LAYER_NORM_TRAITS,
  ...{ norm: 'rms-norm', lateGain: true },
  positions: { kind: 'rotary' },
  ...{ activation: 'silu', mlp: 'gated' },
  biases: { norm: false, attentionInput: false, attentionOutput: false, mlp: false, unembedding: false },
  ...{ squareHeads: false, headsDivideWidth: false, groupedHeads: true },
};

const CONFIG: ConfigSpec = {
  sizes: GROUPED_SIZES,
  epsilon: { key: 'rms_norm_eps', absent: 1e-6 },
  rotary: { baseKey: 'rope_theta', base: 10000, fractionKey: null, fraction: 1 },
  tied: false,
  choices: [activationChoice('hidden_act', 'silu')],
  window: null,
  written: { attention_dropout: 0, initializer_range: 0.02, use_cache: true },
};

/** The tensors of a layer, under the prefix `model.layers.{layer}`. */
const LAYER_TENSORS = {
  attentionNorm: [{ name: 'input_layernorm.weight', holds: ['attentionNormGain'], layout: 'width' }],
  projections: [
    ...linear('self_attn.q_proj', ['query'], '(head dim) width'),
    ...linear('self_attn.k_proj', ['key'], '(head dim) width'),
    ...linear('self_attn.v_proj', ['value'], '(head dim) width'),
    { name: 'self_attn.q_norm.weight', holds: ['queryNormGain'], layout: 'dim' },
    { name: 'self_attn.k_norm.weight', holds: ['keyNormGain'], layout: 'dim' },
    { name: 'self_attn.q_norm.weight', holds: ['queriesNormGain'], layout: '(head dim)' },
    { name: 'self_attn.k_norm.weight', holds: ['keysNormGain'], layout: '(head dim)' },
  ],
  output: linear('self_attn.o_proj', ['output'], 'width (head dim)'),
  attentionWriteNorm: [],
  mlpNorm: [{ name: 'post_attention_layernorm.weight', holds: ['mlpNormGain'], layout: 'width' }],
  intoMlp: [...linear('mlp.gate_proj', ['gate'], 'hidden width'), ...linear('mlp.up_proj', ['up'], 'hidden width')],
  down: linear('mlp.down_proj', ['down'], 'width hidden'),
  mlpWriteNorm: [],
} as const satisfies Record<string, readonly TensorSpec[]>;

/** Norms of what sublayers write, for a family that has them. */
export const WRITE_NORMS: Pick<Record<keyof typeof LAYER_TENSORS, readonly TensorSpec[]>, 'attentionWriteNorm' | 'mlpWriteNorm'> = {
  attentionWriteNorm: [{ name: 'post_attention_layernorm.weight', holds: ['attentionWriteGain'], layout: 'width' }],
  mlpWriteNorm: [{ name: 'post_feedforward_layernorm.weight', holds: ['mlpWriteGain'], layout: 'width' }],
};

/** Those beside norms before sublayers. */
export const SANDWICH_NORMS: typeof WRITE_NORMS & { readonly mlpNorm: readonly TensorSpec[] } = {
  ...WRITE_NORMS,
  mlpNorm: [{ name: 'pre_feedforward_layernorm.weight', holds: ['mlpNormGain'], layout: 'width' }],
};

/** What a family has otherwise; sizes and choices come in beside the stock ones, by key. */
export interface Differences extends Pick<Target, 'name' | 'architecture' | 'upstream'> {
  /** `model_type`, where it is not the name. */
  readonly modelType?: string;
  readonly traits?: Partial<Traits>;
  readonly sizes?: Partial<ConfigSpec['sizes']>;
  readonly epsilon?: number;
  readonly rotary?: Partial<NonNullable<ConfigSpec['rotary']>>;
  readonly tied?: boolean;
  readonly choices?: ConfigSpec['choices'];
  readonly window?: ConfigSpec['window'];
  readonly numbers?: NonNullable<ConfigSpec['numbers']>;
  readonly layerKinds?: NonNullable<ConfigSpec['layerKinds']>;
  readonly localRotary?: NonNullable<ConfigSpec['localRotary']>;
  readonly written?: ConfigSpec['written'];
  /** Parts of a layer whose tensors are others. */
  readonly tensors?: Partial<Record<keyof typeof LAYER_TENSORS, readonly TensorSpec[]>>;
  /** Added to the gain of every norm when it is stored. */
  readonly storedGain?: number;
  readonly init?: Target['init'];
  readonly gguf?: Target['gguf'];
  readonly tokenizerClass?: Target['tokenizerClass'];
}

export function llamaLike(differences: Differences): Target {
  const { name, modelType = name, architecture, upstream, traits, sizes, epsilon, rotary, window = null, choices, written } = differences;
  const { numbers, layerKinds, localRotary } = differences;
  const own = choices ?? [];
  const namesActivation = own.some(({ values }) => values.some(({ traits }) => traits.activation !== undefined));
  return {
    name,
    modelType,
    architecture,
    upstream,
    traits: { ...TRAITS, ...traits },
    config: {
      sizes: { ...CONFIG.sizes, ...sizes },
      epsilon: { key: CONFIG.epsilon.key, absent: epsilon ?? CONFIG.epsilon.absent },
      rotary: { ...(CONFIG.rotary as NonNullable<ConfigSpec['rotary']>), ...rotary },
      tied: differences.tied ?? CONFIG.tied,
      choices: [...(namesActivation ? [] : CONFIG.choices), ...own],
      window,
      written: written ?? CONFIG.written,
      ...(numbers && { numbers }),
      ...(layerKinds && { layerKinds }),
      ...(localRotary && { localRotary }),
    },
    tensors: tensorsOf(differences),
    init: differences.init === undefined ? { range: 0.02, scaledResidual: false } : differences.init,
    gguf: differences.gguf ?? null,
    tokenizerClass: differences.tokenizerClass ?? 'AutoTokenizer',
    basePrefix: 'model.',
    ignored: ['.rotary_emb.inv_freq'],
  };
}

function tensorsOf({ tensors, storedGain }: Differences): TensorSpec[] {
  const parts: Record<string, readonly TensorSpec[]> = { ...LAYER_TENSORS, ...tensors };
  const all: readonly TensorSpec[] = [
    { name: 'model.embed_tokens.weight', holds: ['tokenEmbedding'], layout: 'vocab width' },
    ...Object.values(parts).flatMap((specs) => specs.map((spec) => ({ ...spec, name: `model.layers.{layer}.${spec.name}` }))),
    { name: 'model.norm.weight', holds: ['finalNormGain'], layout: 'width' },
    { name: 'lm_head.weight', holds: ['unembedding'], layout: 'output width' },
  ];
  if (storedGain === undefined) return [...all];
  return all.map((spec) => (spec.holds.every((role) => role.endsWith('Gain')) ? { ...spec, offset: storedGain } : spec));
}
