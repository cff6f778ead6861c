/**
 * The host's part of the stream: what its norms multiply and add is folded into what reads, and what it writes keeps out of the circuit's
 * dimensions and has no mean. Embeddings of the tokens and positions that the circuit knows are made equally long and stand at right angles, so
 * that what a norm divides by is the same for all of them.
 */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';
import type { Weights } from '../../weights/weights.ts';
import { eachRole, scaledAlong } from '../each-role.ts';
import { EMBEDDINGS, isStreamNormRole, normOfReader, READERS, WRITERS } from '../stream-roles.ts';
import { dot } from '../turn/draw-numbers.ts';
import type { Host } from './host.ts';
import type { Places } from './places.ts';

type Roles = Readonly<Partial<Record<string, Tensor>>>;

/** The reader of the stream that a bias is added to; null for any other role. */
export function readerBias(role: ModelRole | LayerRole): LayerRole | null {
  return (['query', 'key', 'value', 'up'] as const).find((reader) => `${reader}Bias` === role) ?? null;
}

/** The same function with norms that neither multiply nor add, but for what the last one adds, which no reader has a bias for. */
export function foldedHost({ config, weights }: Host): Weights {
  const { traits } = config;
  const rolesAt = (layer: number | null): Roles => (layer === null ? weights.model : (weights.layers[layer] ?? {}));
  return eachRole(weights, (tensor, { role, axes, layer }) => {
    const roles = rolesAt(layer);
    if (READERS.includes(role)) {
      const gain = roles[`${normOfReader(role, traits)}Gain`] as Tensor;
      return scaledAlong(tensor, axes.indexOf('width'), (dim) => numberAt(gain.data, dim));
    }
    const reader = readerBias(role);
    if (reader !== null) {
      const added = (roles[`${normOfReader(reader, traits)}Bias`] as Tensor).data;
      const rows = (roles[reader] as Tensor).data;
      return { ...tensor, data: tensor.data.map((x, i) => x + dot(rows.subarray(i * added.length, (i + 1) * added.length), added)) };
    }
    if (isStreamNormRole(role)) return { ...tensor, data: new Float64Array(tensor.data.length).fill(role.endsWith('Gain') ? 1 : 0) };
    return tensor;
  });
}

/** @param loudness what everything that layers write is multiplied by */
export function keptOut(weights: Weights, { others }: Places, loudness: number): Weights {
  const { width } = weights.sizes;
  return eachRole(weights, (tensor, { role }) => {
    if (!WRITERS.includes(role)) return tensor;
    const data = new Float64Array(tensor.data.length);
    for (let row = 0; row < data.length; row += width) {
      const mean = others.reduce((sum, dim) => sum + numberAt(tensor.data, row + dim), 0) / others.length;
      for (const dim of others) data[row + dim] = (numberAt(tensor.data, row + dim) - mean) * loudness;
    }
    return { ...tensor, data };
  });
}

/** The squared lengths that the circuit's own codes have, by row of the tables. */
export interface CodeEnergies {
  readonly tokens: (id: number) => number;
  readonly positions: (row: number) => number;
}

/** Rows that the circuit knows hold the host's part alone, of such a length that with the circuit's all are as long as they were in the mean. */
export function evenRows(
  weights: Weights,
  { others }: Places,
  { bos, vocabulary, context }: Pick<CircuitMap, 'bos' | 'vocabulary' | 'context'>,
  skipped: number,
  codes: CodeEnergies,
): Weights {
  const { width } = weights.sizes;
  const ids = [bos.id, ...vocabulary.map(({ id }) => id)];
  const rows = Array.from({ length: context + 1 }, (_, i) => skipped + i);
  const taken: Float64Array[] = [];
  return eachRole(weights, (tensor, { role }) => {
    if (!EMBEDDINGS.includes(role)) return tensor;
    const [own, energyOf] = role === 'tokenEmbedding' ? ([ids, codes.tokens] as const) : ([rows, codes.positions] as const);
    const data = tensor.data.slice();
    const rowAt = (row: number) => data.subarray(row * width, (row + 1) * width);
    const length = own.reduce((sum, row) => sum + dot(rowAt(row), rowAt(row)), 0) / own.length;
    const least = Math.max(...own.map(energyOf));
    const made = own.map((row) => {
      const part = Float64Array.from(others, (dim) => numberAt(rowAt(row), dim));
      const mean = part.reduce((sum, x) => sum + x, 0) / part.length;
      let free = part.map((x) => x - mean);
      // tokens come first, so that what a position holds is at right angles to each of them
      for (const known of taken) {
        const share = dot(known, free);
        free = free.map((x, i) => x - share * numberAt(known, i));
      }
      const size = Math.sqrt(dot(free, free)) || 1;
      const wanted = Math.sqrt(Math.max(length, 1.5 * least) - energyOf(row));
      data.fill(0, row * width, (row + 1) * width);
      for (const [i, dim] of others.entries()) data[row * width + dim] = (numberAt(free, i) * wanted) / size;
      return free.map((x) => x / size);
    });
    if (role === 'tokenEmbedding') taken.push(...orthonormal(made));
    return { ...tensor, data };
  });
}

/** A basis of what the vectors span, by Gram and Schmidt, twice; what lies in the span of others is left out. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    let own = vector.slice();
    for (let pass = 0; pass < 2; pass++)
      for (const known of basis) {
        const share = dot(known, own);
        own = own.map((x, i) => x - share * numberAt(known, i));
      }
    const size = Math.sqrt(dot(own, own));
    if (size > 1e-6) basis.push(own.map((x) => x / size));
  }
  return basis;
}
