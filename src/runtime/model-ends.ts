/** What a model does before its first layer and after its last, made ready to run. */
import { type OpenCheckpoint, readRoles } from '../checkpoint/unpack-checkpoint.ts';
import { isLayerRole, type ModelConfig } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { type ModelRole, nothingLeft } from '../weights/roles.ts';
import { buildEmbedding, type Embedding } from './embedding.ts';
import { type Arithmetic, inArithmetic, rounded } from './float32/arithmetic.ts';
import { buildMatrix, type Matrix, rowMajor } from './float32/matrix.ts';
import { buildNorm } from './layer.ts';
import type { Norm } from './norm.ts';

export type ModelRoles = Partial<Record<ModelRole, FloatArray>>;

export interface ModelEnds {
  readonly embedding: Embedding;
  /** Null in families without. */
  readonly embeddingNorm: Norm | null;
  readonly finalNorm: Norm | null;
  /** From the stream to logits. */
  readonly unembed: Matrix;
}

/** Values of the roles that belong to no layer. */
export function modelRoles(checkpoint: OpenCheckpoint): ModelRoles {
  const roles: ModelRoles = {};
  for (const tensor of checkpoint.tensors) {
    if (tensor.layer !== null) continue;
    for (const { role, data } of readRoles(checkpoint, tensor)) if (!isLayerRole(role)) roles[role] = data;
  }
  return roles;
}

/** Every role of the model that is no layer's has its use here. */
export function buildEnds(config: ModelConfig, arithmetic: Arithmetic, roles: ModelRoles): ModelEnds {
  const { width, outputs } = config.sizes;
  const { tokenEmbedding, positionEmbedding, typeEmbedding, embeddingNormGain, embeddingNormBias, ...rest } = roles;
  const { finalNormGain, finalNormBias, unembedding, unembeddingBias, ...others } = rest;
  nothingLeft(others);
  const table = (values: FloatArray | undefined) => (values === undefined ? null : inArithmetic(arithmetic, values));
  const tokens = table(tokenEmbedding) as FloatArray;
  const { positions, scaledEmbedding } = config.traits;
  const scale = (scaledEmbedding ? rounded(arithmetic, Math.sqrt(width)) : 1) * config.numbers.embedding;
  const scaled = scale === 1 ? tokens : tokens.map((value) => value * scale);
  const skipped = positions.kind === 'learned' ? positions.skipped : 0;
  const norm = (gain: FloatArray | undefined, bias: FloatArray | undefined) =>
    gain === undefined ? null : buildNorm(config, arithmetic, gain, bias);
  const read = (config.tied ? tokenEmbedding : unembedding) as FloatArray;
  return {
    embedding: buildEmbedding(scaled, table(positionEmbedding), table(typeEmbedding), width, skipped),
    embeddingNorm: norm(embeddingNormGain, embeddingNormBias),
    finalNorm: norm(finalNormGain, finalNormBias),
    unembed: buildMatrix(arithmetic, rowMajor(read, outputs, width), (row) => unembeddingBias?.[row] ?? 0),
  };
}
