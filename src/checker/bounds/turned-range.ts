/** Turned weights stay in float32's range: they are others than those that are checked, but no longer. */
import { numberAt } from '../../tensor/number-at.ts';
import { Unproven } from '../claim/unproven.ts';
import type { ModelParts } from './model-parts.ts';

/** The largest number before an activation that may be cubed, and the largest score and sum that are certainly no infinity. */
const LARGEST = { read: 2 ** 38, score: 2 ** 98, sum: 2 ** 120 };

/** What is followed of turned models: norms before sublayers, or on the stream, and numbers in range. */
export function assertTurnedAlong(parts: ModelParts): void {
  const { writeNorms, normPlace, headNorms } = parts.config.traits;
  if (writeNorms || normPlace === 'last' || headNorms === 'all')
    throw new Unproven('norms of what sublayers write, or of all heads together, are not followed where a model is turned');
  assertTurnedInRange(parts);
}

/** A bound on lengths keeps every number in range; norms leave at most √width times their gain. */
function assertTurnedInRange({ whole, layers, config }: ModelParts): void {
  const { width, hidden, dim, heads } = config.sizes;
  const largest = (values: ArrayLike<number> | null | undefined) => {
    let most = 0;
    for (let i = 0; i < (values?.length ?? 0); i++) most = Math.max(most, Math.abs(numberAt(values ?? [], i)));
    return most;
  };
  // a row's length, and a biases', are at most √width and √dim times their largest numbers
  const root = Math.sqrt(width * Math.max(width, dim));
  const norms = [whole.embeddingNorm, whole.finalNorm, ...layers.flatMap(({ attentionNorm, mlpNorm }) => [attentionNorm, mlpNorm])];
  const left = norms.reduce((most, norm) => Math.max(most, norm === null ? 0 : largest(norm.gain) * root + largest(norm.bias) * root), 0);
  const read = (part: { readonly weights: Float64Array; readonly bias: Float64Array | null } | null) =>
    part === null ? 0 : largest(part.weights) * root * left + largest(part.bias) * root;
  for (const { query, key, value, gate, up, output, down } of layers) {
    const [q, k, v, a, f] = [read(query), read(key), read(value), read(gate ?? up), gate === null ? 1 : read(up)];
    const written = hidden * a * f * largest(down.weights) * root + heads * dim * v * largest(output.weights) * root;
    if (!(Math.max(q, k, v, a, f) <= LARGEST.read && dim * q * k <= LARGEST.score && written <= LARGEST.sum))
      throw new Unproven('its turned weights may compute numbers beyond the range of float32');
  }
  const embedded = largest(whole.tokenEmbedding) + largest(whole.positionEmbedding) + largest(whole.typeEmbedding);
  if (!(embedded * root <= LARGEST.read && read(whole.unembedding) <= LARGEST.sum))
    throw new Unproven('its turned weights may compute numbers beyond the range of float32');
}
