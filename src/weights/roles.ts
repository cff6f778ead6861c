/**
 * Canonical roles: what a tensor *is* in any decoder or encoder of the family, with its axes in our order. Targets say how they
 * store them. Axes: width = the residual stream, dim = one head, hidden = the MLP's inner size.
 */

/** The lengths of every axis. */
export interface Sizes {
  readonly vocab: number;
  /** Rows of the position table: the longest input and BOS. */
  readonly positions: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Key and value heads: equal to `heads` but in grouped-query attention. */
  readonly kvHeads: number;
  readonly dim: number;
  readonly hidden: number;
  /** Rows of the table of token types; 0 in families without one. */
  readonly types: number;
  /** Rows of the output head: `vocab`, or the labels of a classifier. */
  readonly outputs: number;
}

export type Axis = 'vocab' | 'position' | 'type' | 'width' | 'head' | 'kvHead' | 'dim' | 'hidden' | 'output';

/** Roles that a model has once. */
export const MODEL_ROLES = {
  tokenEmbedding: ['vocab', 'width'],
  positionEmbedding: ['position', 'width'],
  typeEmbedding: ['type', 'width'],
  embeddingNormGain: ['width'],
  embeddingNormBias: ['width'],
  finalNormGain: ['width'],
  finalNormBias: ['width'],
  unembedding: ['output', 'width'],
  unembeddingBias: ['output'],
} as const satisfies Record<string, readonly Axis[]>;

/**
 * Roles that every layer has. `gate*` exist in gated MLPs only; a plain MLP is `up`, activation, `down`. Norms of queries and keys have a gain
 * for the dimensions of any head, or for those of all heads; norms of what sublayers write are `*WriteGain`.
 */
export const LAYER_ROLES = {
  attentionNormGain: ['width'],
  attentionNormBias: ['width'],
  query: ['head', 'dim', 'width'],
  queryBias: ['head', 'dim'],
  key: ['kvHead', 'dim', 'width'],
  keyBias: ['kvHead', 'dim'],
  value: ['kvHead', 'dim', 'width'],
  valueBias: ['kvHead', 'dim'],
  queryNormGain: ['dim'],
  keyNormGain: ['dim'],
  queriesNormGain: ['head', 'dim'],
  keysNormGain: ['kvHead', 'dim'],
  output: ['head', 'dim', 'width'],
  outputBias: ['width'],
  attentionWriteGain: ['width'],
  mlpNormGain: ['width'],
  mlpNormBias: ['width'],
  gate: ['hidden', 'width'],
  gateBias: ['hidden'],
  up: ['hidden', 'width'],
  upBias: ['hidden'],
  down: ['hidden', 'width'],
  downBias: ['width'],
  mlpWriteGain: ['width'],
} as const satisfies Record<string, readonly Axis[]>;

export type ModelRole = keyof typeof MODEL_ROLES;
export type LayerRole = keyof typeof LAYER_ROLES;

/**
 * What is left of the roles of a model or a layer once whoever uses them has taken them apart: `const { query, …, ...rest } = roles`. It is
 * nothing: a role that is new does not compile before everyone says what becomes of it, and a tensor that was read and would go unused is
 * a fault of ours.
 */
export function nothingLeft(rest: Readonly<Record<string, never>>): void {
  const [role] = Object.keys(rest);
  if (role !== undefined) throw new Error(`the model has a \`${role}\` that nothing here uses`);
}
