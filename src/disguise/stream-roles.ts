/** Which roles write the residual stream, which read it, and through which norm. */
import type { Traits } from '../targets/target.ts';
import type { LayerRole, ModelRole } from '../weights/roles.ts';

type Role = ModelRole | LayerRole;

export const EMBEDDINGS: readonly Role[] = ['tokenEmbedding', 'positionEmbedding', 'typeEmbedding'];
export const WRITERS: readonly Role[] = ['output', 'outputBias', 'down', 'downBias'];
export const READERS: readonly Role[] = ['query', 'key', 'value', 'gate', 'up', 'unembedding'];

/** A norm: `embedding`, `final`, or one of a layer. */
export type NormName = 'embeddingNorm' | 'finalNorm' | 'attentionNorm' | 'mlpNorm';

/** The norm that a reader reads through, of its own layer; null where norms sit on the stream. */
export function normOfReader(role: Role, { normPlace, sharedNorm }: Traits): NormName | null {
  if (normPlace === 'post') return null;
  if (role === 'unembedding') return 'finalNorm';
  return role === 'gate' || role === 'up' ? (sharedNorm ? 'attentionNorm' : 'mlpNorm') : 'attentionNorm';
}

export function isNormRole(role: Role): boolean {
  return role.endsWith('NormGain') || role.endsWith('NormBias');
}

/** Of a norm over the stream, not of those over heads. */
export function isStreamNormRole(role: Role): boolean {
  return isNormRole(role) && !role.startsWith('query') && !role.startsWith('key');
}
