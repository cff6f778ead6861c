/**
 * What one model family is, as data: sizes, traits, tensors, exceptions. Passes ask only for traits, never for a name; a need
 * that the traits cannot express is a new trait value.
 */
import type { LayerRole, ModelRole, Sizes } from '../weights/roles.ts';

export interface Traits {
  /** Which keys a query may see. */
  readonly attention: 'causal' | 'bidirectional';
  /** `sequential`: the MLP reads what attention of its layer wrote. `parallel`: both read the layer's input. */
  readonly residual: 'sequential' | 'parallel';
  /** Where the norm sits: `pre`, before each sublayer; `post`, on the stream after each. */
  readonly normPlace: 'pre' | 'post';
  readonly norm: 'layer-norm' | 'rms-norm';
  readonly positions: { readonly kind: 'learned' } | { readonly kind: 'rotary' };
  readonly activation: 'gelu-tanh' | 'gelu' | 'silu';
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
  /** The roles inside, in the order of the layout's `part` axis (one role: no `part`). */
  readonly holds: readonly (ModelRole | LayerRole)[];
  /** Stored axes, einops-style: `width (part head dim)` is two stored axes, the second fused from three. */
  readonly layout: string;
  /** Added to the role's value when stored (-1 for a norm whose gain is 1 + w). */
  readonly offset?: number;
}

export interface Target {
  readonly name: string;
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** `architectures[0]` of config.json. */
  readonly architecture: string;
  /** The upstream file that this was checked against: repository, path, commit. */
  readonly upstream: { readonly repository: string; readonly path: string; readonly commit: string };
  readonly traits: Traits;
  /** Our size name to the key of config.json. */
  readonly sizes: Readonly<Partial<Record<keyof Sizes, string>>>;
  /** Config keys with fixed values, and those that a compiled model wants. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: readonly TensorSpec[];
  /** Stored names that stock checkpoints may carry and that hold no weight (buffers). */
  readonly ignored: readonly string[];
}
