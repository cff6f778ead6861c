/** A checkpoint's weights as the checker reads them: rows by role, as stored, and what the model's config makes of them. */

import { safetensorsDtype } from '../../checkpoint/safetensors/tensor-store.ts';
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { unpackWeights } from '../../checkpoint/unpack-checkpoint.ts';
import { withCommas } from '../../source/with-commas.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import { type Dtype, roundTo } from '../../tensor/dtype.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type LayerRole, type ModelRole, nothingLeft } from '../../weights/roles.ts';
import type { Weights } from '../../weights/weights.ts';
import { Unproven } from '../claim/unproven.ts';
import type { HeadNormWeights } from './head-norm.ts';
import type { NormWeights } from './norm.ts';
import type { Turned } from './turned.ts';

/** Weights are held in float64. */
const MOST_PARAMETERS = 2 ** 27;

/** A matrix, all axes but the last flattened, and what is added to its products. */
export interface Affine {
  readonly weights: Float64Array;
  readonly bias: Float64Array | null;
}

/** Every role that a layer can have, by what it is for. */
export interface LayerParts {
  /** Null where the stream is read as it is. */
  readonly attentionNorm: NormWeights | null;
  readonly query: Affine;
  readonly key: Affine;
  readonly value: Affine;
  /** Of each head's query and key by itself, or of those of all heads; null in families without such norms. */
  readonly queryNorm: HeadNormWeights | null;
  readonly keyNorm: HeadNormWeights | null;
  readonly output: Affine;
  /** Of what attention writes; null in families without such norms. */
  readonly attentionWrite: NormWeights | null;
  readonly mlpNorm: NormWeights | null;
  /** What goes through the activation, in a gated MLP. */
  readonly gate: Affine | null;
  readonly up: Affine;
  readonly down: Affine;
  readonly mlpWrite: NormWeights | null;
}

/** Every role that a model can have once. */
export interface WholeParts {
  readonly tokenEmbedding: Float64Array;
  readonly positionEmbedding: Float64Array | null;
  readonly typeEmbedding: Float64Array | null;
  readonly embeddingNorm: NormWeights | null;
  readonly finalNorm: NormWeights | null;
  readonly unembedding: Affine;
}

export class ModelParts {
  readonly config: ModelConfig;
  readonly whole: WholeParts;
  readonly layers: readonly LayerParts[];
  /** The model is this one but that its stream or its heads are turned; null where it is this one. */
  readonly turned: Turned | null;
  readonly #weights: Weights;
  readonly #names = new Map<string, string>();

  /** @param dtype what weights are rounded to when the model is loaded */
  constructor(checkpoint: OpenCheckpoint, dtype: Dtype, turned: Turned | null = null) {
    this.config = checkpoint.config;
    this.turned = turned;
    const count = checkpoint.tensors.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
    if (count > MOST_PARAMETERS) throw new Unproven(`${withCommas(count)} parameters are too many to check`);
    this.#weights = unpackWeights(checkpoint);
    for (const { located, spec, layer } of checkpoint.tensors) {
      for (const role of spec.holds) this.#names.set(`${layer ?? ''}${role}`, located.name);
    }
    if (turned === null && checkpoint.tensors.some(({ located }) => located.dtype !== safetensorsDtype(dtype)))
      roundAll(this.#weights, dtype);
    this.whole = wholeParts(this.#weights.model, this.config, (role) => this.tensorName(role, null));
    this.layers = this.#weights.layers.map((own, layer) => layerParts(own, this.config, (role) => this.tensorName(role, layer)));
  }

  /** Refuses weights that are no numbers. */
  assertFinite(): void {
    for (const part of [this.#weights.model, ...this.#weights.layers]) {
      for (const [role, { data }] of Object.entries(part)) {
        if (!data.every(Number.isFinite)) throw new Unproven(`the weights of ${role} are not all finite`);
      }
    }
  }

  /** The stored tensor that holds a role. */
  tensorName(role: ModelRole | LayerRole, layer: number | null): string {
    return this.#names.get(`${layer ?? ''}${role}`) ?? this.#names.get('tokenEmbedding') ?? role;
  }

  /** Row `index` of a matrix over the stream. */
  row(matrix: Float64Array, index: number): Float64Array {
    const { width } = this.config.sizes;
    return matrix.subarray(index * width, (index + 1) * width);
  }
}

function roundAll({ model, layers }: Weights, dtype: Dtype): void {
  for (const part of [model, ...layers]) {
    for (const { data } of Object.values(part)) for (let i = 0; i < data.length; i++) data[i] = roundTo(dtype, numberAt(data, i));
  }
}

function wholeParts(roles: Weights['model'], config: ModelConfig, nameOf: (role: ModelRole) => string): WholeParts {
  const { tokenEmbedding, positionEmbedding, typeEmbedding, embeddingNormGain, embeddingNormBias, ...rest } = roles;
  const { finalNormGain, finalNormBias, unembedding, unembeddingBias, ...others } = rest;
  nothingLeft(others);
  return {
    tokenEmbedding: required(tokenEmbedding),
    positionEmbedding: positionEmbedding?.data ?? null,
    typeEmbedding: typeEmbedding?.data ?? null,
    embeddingNorm: norm(config, nameOf('embeddingNormGain'), embeddingNormGain, embeddingNormBias),
    finalNorm: norm(config, nameOf('finalNormGain'), finalNormGain, finalNormBias),
    unembedding: affine(unembedding, unembeddingBias),
  };
}

function layerParts(roles: Weights['layers'][number], config: ModelConfig, nameOf: (role: LayerRole) => string): LayerParts {
  const { attentionNormGain, attentionNormBias, mlpNormGain, mlpNormBias, ...sublayers } = roles;
  const { query, queryBias, key, keyBias, value, valueBias, output, outputBias, ...inside } = sublayers;
  const { queryNormGain, keyNormGain, queriesNormGain, keysNormGain, ...rest } = inside;
  const { gate, gateBias, up, upBias, down, downBias, ...written } = rest;
  const { attentionWriteGain, mlpWriteGain, ...others } = written;
  nothingLeft(others);
  const together = config.traits.headNorms === 'all';
  const attentionNorm = norm(config, nameOf('attentionNormGain'), attentionNormGain, attentionNormBias);
  return {
    attentionNorm,
    query: affine(query, queryBias),
    key: affine(key, keyBias),
    value: affine(value, valueBias),
    queryNorm: headNorm(config, nameOf(together ? 'queriesNormGain' : 'queryNormGain'), together ? queriesNormGain : queryNormGain),
    keyNorm: headNorm(config, nameOf(together ? 'keysNormGain' : 'keyNormGain'), together ? keysNormGain : keyNormGain),
    output: affine(output, outputBias),
    attentionWrite: norm(config, nameOf('attentionWriteGain'), attentionWriteGain, undefined),
    mlpNorm: config.traits.sharedNorm ? attentionNorm : norm(config, nameOf('mlpNormGain'), mlpNormGain, mlpNormBias),
    gate: config.traits.mlp === 'gated' ? affine(gate, gateBias) : null,
    up: affine(up, upBias),
    down: affine(down, downBias),
    mlpWrite: norm(config, nameOf('mlpWriteGain'), mlpWriteGain, undefined),
  };
}

function norm({ traits, epsilon }: ModelConfig, tensor: string, gain: Tensor | undefined, bias: Tensor | undefined): NormWeights | null {
  return gain === undefined ? null : { kind: traits.norm, gain: gain.data, bias: bias?.data ?? null, epsilon, tensor };
}

function headNorm({ traits, epsilon }: ModelConfig, tensor: string, gain: Tensor | undefined): HeadNormWeights | null {
  return traits.headNorms === 'none' ? null : { gain: required(gain), epsilon, tensor };
}

function affine(weights: Tensor | undefined, bias: Tensor | undefined): Affine {
  return { weights: required(weights), bias: bias?.data ?? null };
}

function required(tensor: Tensor | undefined): Float64Array {
  if (tensor === undefined) throw new Error('a tensor that every model of the family has is missing');
  return tensor.data;
}
