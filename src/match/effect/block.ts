/** The windows of tokens on which a model is looked at, side by side in one block, and what the embedding makes of them. */
import type { OpenCheckpoint } from '../../checkpoint/unpack-checkpoint.ts';
import { buildEmbedding, embed } from '../../runtime/embedding.ts';
import { LANES } from '../../runtime/float32/matrix.ts';
import { buildNorm } from '../../runtime/layer.ts';
import { normalize } from '../../runtime/norm.ts';
import type { FloatArray } from '../../tensor/dtype.ts';
import { numberAt, numberOf } from '../../tensor/number-at.ts';
import { readModelRoles } from '../read-roles.ts';

export interface Window {
  /** Random tokens that come again, a text, or random tokens of every class. */
  readonly kind: 'random' | 'text' | 'classes';
  readonly ids: Int32Array;
  /** Positions whose next token is looked at when loss is measured. */
  readonly targets: readonly number[];
}

/** Streams are `[feature, token]`, the windows one after the other, padded to whole lanes. */
export interface Block {
  readonly windows: readonly Window[];
  readonly starts: readonly number[];
  readonly positionOf: Int32Array;
  readonly tokens: number;
}

export function blockOf(windows: readonly Window[]): Block {
  const starts: number[] = [];
  let count = 0;
  for (const { ids } of windows) {
    starts.push(count);
    count += ids.length;
  }
  const tokens = (Math.ceil(count / LANES) | 1) * LANES;
  const positionOf = new Int32Array(tokens);
  windows.forEach(({ ids }, w) => {
    for (let position = 0; position < ids.length; position++) positionOf[numberAt(starts, w) + position] = position;
  });
  return { windows, starts, positionOf, tokens };
}

/** The stream before the first layer, and rows of the embedding, `[row, width]` each, for tokens that are looked at by themselves. */
export function embedBlock(checkpoint: OpenCheckpoint, block: Block, sample: Int32Array): { stream: Float32Array; rows: Float32Array } {
  const { config } = checkpoint;
  const { width } = config.sizes;
  const { positions, scaledEmbedding } = config.traits;
  const roles = readModelRoles(checkpoint, [
    'tokenEmbedding',
    'positionEmbedding',
    'typeEmbedding',
    'embeddingNormGain',
    'embeddingNormBias',
  ]);
  const used = [...new Set([...block.windows.flatMap(({ ids }) => [...ids]), ...sample])].sort((a, b) => a - b);
  const rowOf = new Map(used.map((id, row) => [id, row]));
  const factor = (scaledEmbedding ? Math.fround(Math.sqrt(width)) : 1) * config.numbers.embedding;
  const table = new Float32Array(used.length * width);
  used.forEach((id, row) => {
    for (let d = 0; d < width; d++) table[row * width + d] = (roles.tokenEmbedding?.[id * width + d] ?? 0) * factor;
  });
  const single = (values: FloatArray | undefined): Float32Array | null => (values === undefined ? null : Float32Array.from(values));
  const embedding = buildEmbedding(
    table,
    single(roles.positionEmbedding),
    single(roles.typeEmbedding),
    width,
    positions.kind === 'learned' ? positions.skipped : 0,
  );
  const ids = new Int32Array(block.tokens);
  block.windows.forEach((window, w) => {
    window.ids.forEach((id, position) => {
      ids[numberAt(block.starts, w) + position] = numberOf(rowOf, id);
    });
  });
  const stream = new Float32Array(width * block.tokens);
  embed(embedding, ids, block.positionOf, stream, block.tokens);
  if (roles.embeddingNormGain !== undefined) {
    const norm = buildNorm(config, 'f32', roles.embeddingNormGain, roles.embeddingNormBias);
    normalize(norm, stream, stream, block.tokens, allFeatures(width));
  }
  const rows = new Float32Array(sample.length * width);
  sample.forEach((id, row) => {
    const at = numberOf(rowOf, id) * width;
    rows.set(table.subarray(at, at + width), row * width);
  });
  return { stream, rows };
}

export function allFeatures(width: number): Int32Array {
  return Int32Array.from({ length: width }, (_, feature) => feature);
}
