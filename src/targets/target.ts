/**
 * What one model family is, as data: traits, config keys, tensors, exceptions. Passes ask only for traits, never for a name; a need
 * that the traits cannot express is a new trait value.
 */
import type { LayerRole, ModelRole, Sizes } from '../weights/roles.ts';

export interface Traits {
  /** Which keys a query may see. */
  readonly attention: 'causal' | 'bidirectional';
  /** `sequential`: the MLP reads what attention of its layer wrote. `parallel`: both read the layer's input. */
  readonly residual: 'sequential' | 'parallel';
  /** Where the norm sits: `pre`, before each sublayer; `post`, on the stream after each; `last`, before the output alone. */
  readonly normPlace: 'pre' | 'post' | 'last';
  /** Whether what a sublayer writes goes through a norm of its own before it is added to the stream. */
  readonly writeNorms: boolean;
  /** In parallel: whether the MLP reads the stream through the norm of attention, and has none of its own. */
  readonly sharedNorm: boolean;
  readonly norm: 'layer-norm' | 'rms-norm';
  /** In half precision: whether RMSNorm rounds what it has normalized before it multiplies by the gain. */
  readonly lateGain: boolean;
  /** `skipped`: rows of the table of positions in front of that of the first. */
  readonly positions: { readonly kind: 'learned'; readonly skipped: number } | { readonly kind: 'rotary' };
  /** Norms of queries and keys, before they turn: of each head's by itself, or of those of all heads together. */
  readonly headNorms: 'none' | 'each' | 'all';
  /** Whether products of queries and keys are divided by √dim; else they are scores as they are. */
  readonly scaledScores: boolean;
  readonly activation: 'gelu-tanh' | 'gelu' | 'silu' | 'relu';
  readonly mlp: 'plain' | 'gated';
  readonly biases: {
    readonly norm: boolean;
    readonly attentionInput: boolean;
    readonly attentionOutput: boolean;
    readonly mlp: boolean;
    readonly unembedding: boolean;
  };
  /** Whether heads × dim must equal width. */
  readonly squareHeads: boolean;
  /** Whether the width must be a multiple of the number of heads, even where heads have a size of their own. */
  readonly headsDivideWidth: boolean;
  /** Whether keys and values may have fewer heads than queries. */
  readonly groupedHeads: boolean;
  /** Token embeddings are multiplied by √width before the first layer. */
  readonly scaledEmbedding: boolean;
  readonly output: 'language-model' | 'token-classification';
}

/** How one stored tensor holds one or more roles. */
export interface TensorSpec {
  /** The checkpoint's name; `{layer}` stands for the layer's number. */
  readonly name: string;
  /** The roles inside, in the order of the layout's `part` axis (one role: no `part`). The tensor exists if the traits have them. */
  readonly holds: readonly (ModelRole | LayerRole)[];
  /**
   * Stored axes, einops-style: `width (part head dim)` is two stored axes, the second fused from three. `head` is a role's own
   * head axis: that of the keys and values counts `kvHeads`.
   */
  readonly layout: string;
  /** Added to the role's value when stored (-1 for a norm whose gain is 1 + w). */
  readonly offset?: number;
}

/** A value in config.json. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A number of config.json that the model multiplies by. It counts as itself, as what is divided by, or as what is divided by the root of.
 * Compiled models have the one under which nothing changes.
 */
export interface FactorKey {
  readonly key: string;
  readonly absent: number;
  readonly as: 'factor' | 'divisor' | 'root divisor';
}

/** Numbers of config.json in the model's arithmetic; those that a family lacks are 1, and caps are none. */
export interface NumberKeys {
  readonly embedding?: FactorKey;
  /** In place of 1/√dim. */
  readonly scores?: FactorKey;
  /** Of what sublayers write. */
  readonly writes?: FactorKey;
  readonly logits?: FactorKey;
  /** x becomes cap·tanh(x/cap); null is none. */
  readonly scoreCap?: { readonly key: string; readonly absent: number | null };
  readonly logitCap?: { readonly key: string; readonly absent: number | null };
}

/**
 * Which layers look back no further than a window, or do not turn queries and keys. Compiled models have no such layers, and `plain` is
 * what their config says for that, one a layer where it is `each`; null where it says nothing.
 */
export interface LayerKinds {
  readonly key: string;
  /** A key with the kind of each layer, where `key` has runs of them: it may only say the same. */
  readonly listKey?: string;
  readonly plain: { readonly each: Json } | { readonly runs: Json } | null;
  /** Of a layer whose kind the config does not tell: its number, and what other keys say. */
  readonly absent: (layer: number, number: (key: string, absent: number) => number) => LayerKind;
  /** What the values of a list with an entry a layer mean. */
  readonly values: readonly { readonly value: Json; readonly kind: LayerKind }[];
}

export interface LayerKind {
  readonly windowed: boolean;
  readonly turns: 'main' | 'local' | 'none';
}

/** Where a size comes from when its key is absent or null, or when it has no key. */
export type SizeRule = 'heads' | 'width / heads' | '4 × width' | 'vocab' | 'labels' | number;

/** A size's key in config.json; `otherwise` is null where the key must be there. */
export interface SizeKey {
  readonly key: string | null;
  readonly otherwise: SizeRule | null;
  /** How much larger the size is than what the key says. */
  readonly plus?: number;
}

/** Changes to the traits that a value of config.json makes. */
export type TraitChange = Partial<Omit<Traits, 'biases'>> & { readonly biases?: Partial<Traits['biases']> };

/** A key whose value changes the arithmetic: the values that are understood, and what each does to the traits. */
export interface Choice {
  readonly key: string;
  /** The value that stock loaders assume where the key is missing. */
  readonly absent: Json;
  readonly values: readonly { readonly value: Json; readonly traits: TraitChange }[];
}

export interface ConfigSpec {
  readonly sizes: Readonly<Record<keyof Sizes, SizeKey>>;
  /** Sizes that a key may only repeat: where it says another, the class has more matrices. */
  readonly sameAs?: Readonly<Record<string, keyof Sizes>>;
  /** The norm's epsilon; without a key it is what the class says. */
  readonly epsilon: { readonly key: string | null; readonly absent: number };
  /** Rotary positions: the keys of releases before 5 (from 5 on, both lie in `rope_parameters`), and the stock values. */
  readonly rotary: {
    readonly baseKey: string;
    readonly base: number;
    readonly fractionKey: string | null;
    readonly fraction: number;
  } | null;
  /** Other names of keys, under which stock classes set them as well. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** `tie_word_embeddings` where the key is missing. */
  readonly tied: boolean;
  readonly choices: readonly Choice[];
  readonly numbers?: NumberKeys;
  /** Null where all layers are alike, with a window if there is one. */
  readonly layerKinds?: LayerKinds;
  /** The base of the rotary positions of layers that turn locally. */
  readonly localRotary?: { readonly baseKey: string; readonly base: number };
  /** The key of `initializer_range`, where it is another. */
  readonly rangeKey?: string;
  /** A key that limits how far back a query sees, and the key (if any) that has to be true for it to count; null where there is none. */
  readonly window: {
    readonly key: string;
    readonly absent: number | null;
    readonly enabledBy: string | null;
    /** Whether the class takes no null for none: then compiled models have one as long as they are. */
    readonly isNumber?: boolean;
  } | null;
  /** Written into the config of every compiled model, and of no meaning to its arithmetic. */
  readonly written: Readonly<Record<string, Json>>;
}

/** How llama.cpp reads a model of the family from a GGUF file. */
export interface GgufForm {
  /** What the file calls the family; keys of its sizes begin with it. */
  readonly architecture: string;
  /** The upstream conversion and the release of the engine that the tests run. */
  readonly upstream: { readonly repository: string; readonly path: string; readonly release: string };
  /** The key of the norm's epsilon, after the architecture. */
  readonly epsilonKey: string;
  /** The engine has one activation a family, whatever config.json says. */
  readonly activation: Traits['activation'];
  /** Whether dimensions 2i and 2i + 1 of a head turn together there, where transformers turns i and i + dim / 2. */
  readonly turnsNeighbours: boolean;
  /** The engine takes width / heads for the size of a head, whatever the file says. */
  readonly headsFillWidth: boolean;
  /** The tensors, each holding the same roles as one of {@link Target.tensors}. */
  readonly tensors: readonly TensorSpec[];
  /** Biases that the engine does not do without. */
  readonly needsBiases?: readonly (keyof Traits['biases'])[];
  /** The key, after the architecture, that says whether attention and MLP stand beside each other. */
  readonly parallelKey?: string;
  /** The keys, after the architecture, of numbers that the model multiplies by, as config.json has them; `scores` is the factor itself. */
  readonly numberKeys?: Readonly<Record<'embedding' | 'scores' | 'writes' | 'logits', string>>;
}

/**
 * How a stock class draws the weights of a new model: matrices and embeddings from a normal distribution of standard deviation
 * `initializer_range`, biases 0 and norm gains 1 (`PreTrainedModel._init_weights`, src/transformers/modeling_utils.py).
 */
export interface InitRules {
  /** Where config.json has no `initializer_range`. */
  readonly range: number;
  /**
   * Whether what writes the residual stream is drawn smaller by √(2·layers), as GPT-2's own paper asks. (Release 5.12.1 states the
   * rule and compares the parameter's name so that it never applies; the models that were trained followed the rule.)
   */
  readonly scaledResidual: boolean;
}

export interface Target {
  readonly name: string;
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** `architectures[0]` of config.json. */
  readonly architecture: string;
  /**
   * The upstream file that this was checked against: repository, path, a commit that has these names, and the release with which
   * the interop suite ran.
   */
  readonly upstream: { readonly repository: string; readonly path: string; readonly commit: string; readonly release: string };
  /** The traits of a stock model; {@link Choice}s of its config.json may change them. */
  readonly traits: Traits;
  readonly config: ConfigSpec;
  readonly tensors: readonly TensorSpec[];
  /** How the stock class draws a new model's weights; null where raspc does not seed the family. */
  readonly init: InitRules | null;
  /** Null where raspc does not export the family. */
  readonly gguf: GgufForm | null;
  /** The class of transformers that loads any tokenizer.json for this family. */
  readonly tokenizerClass: 'AutoTokenizer' | 'PreTrainedTokenizerFast';
  /** Prefix that checkpoints of the model without its head leave out. */
  readonly basePrefix: string;
  /** Endings of stored names that stock checkpoints may carry and that hold no weight (buffers). */
  readonly ignored: readonly string[];
}
