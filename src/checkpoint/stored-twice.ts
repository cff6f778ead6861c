/** Tied weights that a file holds twice: as long as both are equal a stock loader ties them, and they have to stay equal. */
import type { TensorInfo } from './safetensors/safetensors-header.ts';
import type { OpenCheckpoint } from './unpack-checkpoint.ts';

/** A checkpoint of tied weights, and the stored unembedding that has to become whatever the embedding becomes; null where there is none. */
export interface TiedCheckpoint {
  readonly checkpoint: OpenCheckpoint;
  readonly twin: TensorInfo | null;
  /** Whether config.json ties what the files hold as two tensors that differ: transformers keeps them apart, and so does everything here. */
  readonly isTornApart: boolean;
}

/** Bytes that are compared at once. */
const PIECE = 2 ** 20;

/** The checkpoint as it was opened, or as tied where config.json ties it and the files hold the same bytes twice. */
export function tiedWhereEqual(checkpoint: OpenCheckpoint): TiedCheckpoint {
  const { config, saysTied, tensors } = checkpoint;
  const embedding = tensors.find(({ spec }) => spec.holds.includes('tokenEmbedding'));
  const unembedding = tensors.find(({ spec }) => spec.holds.includes('unembedding'));
  if (!saysTied || config.tied || embedding === undefined || unembedding === undefined)
    return { checkpoint, twin: null, isTornApart: false };
  if (!isSame(checkpoint, embedding.located, unembedding.located)) return { checkpoint, twin: null, isTornApart: true };
  const tied = { ...checkpoint, config: { ...config, tied: true }, tensors: tensors.filter((tensor) => tensor !== unembedding) };
  return { checkpoint: tied, twin: unembedding.located, isTornApart: false };
}

function isSame({ store }: OpenCheckpoint, one: TensorInfo, other: TensorInfo): boolean {
  if (one.dtype !== other.dtype || one.bytes !== other.bytes) return false;
  for (let at = 0; at < one.bytes; at += PIECE) {
    const length = Math.min(PIECE, one.bytes - at);
    const bytes = store.read(other, at, length);
    if (store.read(one, at, length).some((byte, i) => byte !== bytes[i])) return false;
  }
  return true;
}
