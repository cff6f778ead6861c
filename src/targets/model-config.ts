/**
 * A model of a family with every choice made: what config.json says, in our words. Which tensors such a model has, and their shapes,
 * follows from it alone.
 */
import { parseLayout, storedShape } from '../tensor/layout.ts';
import { type Axis, LAYER_ROLES, type LayerRole, MODEL_ROLES, type ModelRole, type Sizes } from '../weights/roles.ts';
import type { Target, TensorSpec, TraitChange, Traits } from './target.ts';

export interface ModelConfig {
  readonly target: Target;
  readonly sizes: Sizes;
  /** The target's traits with the changes that this model's config makes. */
  readonly traits: Traits;
  /** The norm's epsilon. */
  readonly epsilon: number;
  /** How queries and keys turn, but for layers that say otherwise; null without rotary positions. */
  readonly rotary: Rotary | null;
  readonly numbers: ModelNumbers;
  /** What attention of each layer is like: layer i has entry i, of as many as there are, over and over. */
  readonly layerAttention: readonly LayerAttention[];
  /** Whether the unembedding is the token embedding, stored once. */
  readonly tied: boolean;
}

/** Rotary positions: the first `dims` dimensions of each head turn. */
export interface Rotary {
  readonly base: number;
  readonly dims: number;
  /** Null where pair i turns by base^(-2i/dims) radians a position. */
  readonly scaling: RotaryScaling | null;
}

export interface RotaryScaling {
  /** Radians a position, of each pair. */
  readonly frequencies: readonly number[];
  /** What cosines and sines are multiplied by. */
  readonly factor: number;
  /** The longest input for which these are the frequencies; null where they are for any. */
  readonly reach: number | null;
}

/** The model's own numbers in its arithmetic. */
export interface ModelNumbers {
  readonly embedding: number;
  readonly scores: number;
  readonly writes: number;
  readonly logits: number;
  readonly scoreCap: number | null;
  readonly logitCap: number | null;
}

export interface LayerAttention {
  /** How many positions a query sees, its own the last; null for all. */
  readonly window: number | null;
  readonly rotary: Rotary | null;
}

export function attentionOf({ layerAttention }: Pick<ModelConfig, 'layerAttention'>, layer: number): LayerAttention {
  return layerAttention[layer % layerAttention.length] as LayerAttention;
}

/** How many tokens the model's table of positions has rows for, or its config speaks of. */
export function positionsOf({ traits: { positions }, sizes }: Pick<ModelConfig, 'traits' | 'sizes'>): number {
  return sizes.positions - (positions.kind === 'learned' ? positions.skipped : 0);
}

/** The size `positions` of a model that is cut to so many tokens. */
export function cutPositions({ traits: { positions } }: Pick<ModelConfig, 'traits'>, tokens: number): number {
  return tokens + (positions.kind === 'learned' ? positions.skipped : 0);
}

/** What products of queries and keys are divided by, in a model without a number of its own for it. */
export function scoreRoot({ scaledScores }: Pick<Traits, 'scaledScores'>, { dim }: Pick<Sizes, 'dim'>): number {
  return scaledScores ? Math.sqrt(dim) : 1;
}

/** What the model at hand divides them by: a number of its own, where it has one. */
export function scoreDivisor({ numbers, traits, sizes }: Pick<ModelConfig, 'numbers' | 'traits' | 'sizes'>): number {
  return numbers.scores === plainNumbers(traits, sizes).scores ? scoreRoot(traits, sizes) : 1 / numbers.scores;
}

/** Numbers under which the model computes as the family does without any. */
export function plainNumbers({ scaledScores }: Pick<Traits, 'scaledScores'>, { dim }: Pick<Sizes, 'dim'>): ModelNumbers {
  return { embedding: 1, scores: scaledScores ? dim ** -0.5 : 1, writes: 1, logits: 1, scoreCap: null, logitCap: null };
}

/** The longest input that every query of every layer sees all of, and whose positions turn as they should; infinite where there is no limit. */
export function reachOf({ layerAttention }: Pick<ModelConfig, 'layerAttention'>): number {
  const limits = layerAttention.flatMap(({ window, rotary }) => [window, rotary?.scaling?.reach ?? null]);
  return limits.reduce<number>((least, limit) => (limit === null ? least : Math.min(least, limit)), Number.POSITIVE_INFINITY);
}

/** The longest input that every query of some layer sees all of, in a model whose positions turn as they should. */
export function widestReach({ layerAttention }: Pick<ModelConfig, 'layerAttention'>): number {
  const windows = layerAttention.map(({ window }) => window ?? Number.POSITIVE_INFINITY);
  return Math.min(Math.max(...windows), reachOf({ layerAttention: layerAttention.map((attention) => ({ ...attention, window: null })) }));
}

/** One tensor that a model of a given config has. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly spec: TensorSpec;
  /** The layer, or null for a tensor that the model has once. */
  readonly layer: number | null;
}

export function isLayerRole(role: ModelRole | LayerRole): role is LayerRole {
  return role in LAYER_ROLES;
}

/** The axes of a role, slowest first. */
export function roleAxes(role: ModelRole | LayerRole): readonly Axis[] {
  return isLayerRole(role) ? LAYER_ROLES[role] : MODEL_ROLES[role];
}

/** The size that says how long an axis is. */
const AXIS_SIZES: Readonly<Record<Axis, keyof Sizes>> = {
  ...{ vocab: 'vocab', position: 'positions', type: 'types', output: 'outputs' },
  ...{ width: 'width', head: 'heads', kvHead: 'kvHeads', dim: 'dim', hidden: 'hidden' },
};

/** A role's shape, axes as in `roles.ts`. */
export function roleShape(role: ModelRole | LayerRole, sizes: Sizes): number[] {
  return roleAxes(role).map((axis) => sizes[AXIS_SIZES[axis]]);
}

/** A role as a part of a stored tensor: layouts say `head` for the heads of keys and values too. */
export function rolePart(role: ModelRole | LayerRole, sizes: Sizes): { axes: string[]; shape: number[] } {
  return { axes: roleAxes(role).map((axis) => (axis === 'kvHead' ? 'head' : axis)), shape: roleShape(role, sizes) };
}

/** Whether a model with these traits has a role, if its family lists a tensor for it. */
const HAS_ROLE: Readonly<Record<ModelRole | LayerRole, (traits: Traits) => boolean>> = {
  tokenEmbedding: () => true,
  positionEmbedding: ({ positions }) => positions.kind === 'learned',
  typeEmbedding: () => true,
  embeddingNormGain: () => true,
  embeddingNormBias: ({ biases }) => biases.norm,
  finalNormGain: () => true,
  finalNormBias: ({ biases }) => biases.norm,
  unembedding: () => true,
  unembeddingBias: ({ biases }) => biases.unembedding,
  attentionNormGain: ({ normPlace }) => normPlace !== 'last',
  attentionNormBias: ({ biases, normPlace }) => biases.norm && normPlace !== 'last',
  query: () => true,
  queryBias: ({ biases }) => biases.attentionInput,
  key: () => true,
  keyBias: ({ biases }) => biases.attentionInput,
  value: () => true,
  valueBias: ({ biases }) => biases.attentionInput,
  queryNormGain: ({ headNorms }) => headNorms === 'each',
  keyNormGain: ({ headNorms }) => headNorms === 'each',
  queriesNormGain: ({ headNorms }) => headNorms === 'all',
  keysNormGain: ({ headNorms }) => headNorms === 'all',
  output: () => true,
  outputBias: ({ biases }) => biases.attentionOutput,
  attentionWriteGain: ({ writeNorms }) => writeNorms,
  mlpNormGain: ({ normPlace, sharedNorm }) => normPlace !== 'last' && !sharedNorm,
  mlpNormBias: ({ biases, normPlace, sharedNorm }) => biases.norm && normPlace !== 'last' && !sharedNorm,
  gate: ({ mlp }) => mlp === 'gated',
  gateBias: ({ mlp, biases }) => mlp === 'gated' && biases.mlp,
  up: () => true,
  upBias: ({ biases }) => biases.mlp,
  down: () => true,
  downBias: ({ biases }) => biases.mlp,
  mlpWriteGain: ({ writeNorms }) => writeNorms,
};

/**
 * Every tensor of the model, in the target's order: those of the whole model and, where they come, those of each layer. One by one,
 * since a config from a stranger may ask for more layers than any memory has.
 */
export function* storedTensors(config: ModelConfig): Generator<StoredTensor> {
  const { target, sizes, traits } = config;
  const present = target.tensors.filter(
    ({ holds }) => holds.every((role) => HAS_ROLE[role](traits)) && !(config.tied && holds.includes('unembedding')),
  );
  const shapes = new Map(
    present.map((spec) => {
      const parts = spec.holds.map((role) => rolePart(role, sizes));
      return [spec, storedShape(parseLayout(spec.layout), parts)];
    }),
  );
  const stored = (spec: TensorSpec, layer: number | null): StoredTensor => ({
    name: spec.name.replace('{layer}', String(layer)),
    shape: shapes.get(spec) as readonly number[],
    spec,
    layer,
  });
  const inLayers = present.filter(({ name }) => name.includes('{layer}'));
  for (const spec of present) {
    if (spec === inLayers[0]) {
      for (let layer = 0; layer < sizes.layers; layer++) for (const each of inLayers) yield stored(each, layer);
    }
    if (!inLayers.includes(spec)) yield stored(spec, null);
  }
}

/** The target as one model has it: with the traits, the epsilon and the rotary positions that its config chooses. */
export function targetLike({ target, traits, epsilon, rotary, sizes }: ModelConfig): Target {
  const { config } = target;
  const turned =
    rotary === null || config.rotary === null ? config.rotary : { ...config.rotary, base: rotary.base, fraction: rotary.dims / sizes.dim };
  return { ...target, traits, config: { ...config, epsilon: { ...config.epsilon, absent: epsilon }, rotary: turned } };
}

/** What a compiled or seeded model may choose beside its sizes; the rest is as in a stock model. */
export interface ConfigChanges {
  readonly traits?: TraitChange;
  readonly epsilon?: number;
  /** Base of the rotary frequencies. */
  readonly rotaryBase?: number;
  /** The part of each head that rotates. */
  readonly rotaryFraction?: number;
}

/** The traits after a change, biases one by one. */
export function changedTraits(traits: Traits, change: TraitChange): Traits {
  return { ...traits, ...change, biases: { ...traits.biases, ...change.biases } };
}

/** A model of `target` with these sizes and its own unembedding. */
export function newModelConfig(target: Target, sizes: Sizes, changes: ConfigChanges = {}): ModelConfig {
  const { rotary: stock, epsilon } = target.config;
  const traits = changedTraits(target.traits, changes.traits ?? {});
  const turned = (base: number, fraction: number): Rotary => ({ base, dims: Math.trunc(sizes.dim * fraction), scaling: null });
  const rotary = stock && turned(changes.rotaryBase ?? stock.base, changes.rotaryFraction ?? stock.fraction);
  return {
    target,
    sizes,
    traits,
    epsilon: changes.epsilon ?? epsilon.absent,
    rotary,
    numbers: plainNumbers(traits, sizes),
    layerAttention: [{ window: null, rotary }],
    tied: false,
  };
}
