/** Norms that multiply and add as those of the host did, in another order, with what reads them made up for it: in real numbers nothing changes. */
import type { ModelConfig } from '../../targets/model-config.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Random } from '../../verify/random.ts';
import type { Weights } from '../../weights/weights.ts';
import { eachRole, scaledAlong } from '../each-role.ts';
import { isStreamNormRole, normOfReader, READERS } from '../stream-roles.ts';
import { dot } from '../turn/draw-numbers.ts';
import { readerBias } from './host-part.ts';

type Roles = Readonly<Partial<Record<string, Tensor>>>;

/** Gains below this share of their mean would make readers loud. */
const LEAST_GAIN = 0.1;

/**
 * @param own with norms that neither multiply nor add
 * @param outputs rows of the unembedding that mean something: what the last norm adds is made to be nothing to them
 */
export function dressed(
  own: Weights,
  host: Weights,
  { traits }: Pick<ModelConfig, 'traits'>,
  outputs: readonly number[],
  random: Random,
): Weights {
  const drawn = eachRole(host, (tensor, { role }) => {
    if (!isStreamNormRole(role)) return tensor;
    const data = Float64Array.from(random.shuffle([...tensor.data]));
    if (!role.endsWith('Gain')) return { ...tensor, data };
    const mean = data.reduce((sum, x) => sum + Math.abs(x), 0) / data.length || 1;
    return { ...tensor, data: data.map((x) => (Math.abs(x) < LEAST_GAIN * mean ? mean : x)) };
  });
  const drawnAt = (layer: number | null): Roles => (layer === null ? drawn.model : (drawn.layers[layer] ?? {}));
  const scaled = eachRole(own, (tensor, { role, axes, layer }) => {
    if (!READERS.includes(role)) return tensor;
    const gain = drawnAt(layer)[`${normOfReader(role, traits)}Gain`] as Tensor;
    return scaledAlong(tensor, axes.indexOf('width'), (dim) => 1 / numberAt(gain.data, dim));
  });
  const rolesAt = (layer: number | null): Roles => (layer === null ? scaled.model : (scaled.layers[layer] ?? {}));
  const unembedding = (scaled.model.unembedding as Tensor).data;
  return eachRole(scaled, (tensor, { role, layer }) => {
    if (isStreamNormRole(role)) {
      const found = drawnAt(layer)[role] as Tensor;
      return role === 'finalNormBias' ? { ...found, data: silentTo(found.data, unembedding, outputs) } : found;
    }
    const reader = readerBias(role);
    if (reader === null) return tensor;
    const added = (drawnAt(layer)[`${normOfReader(reader, traits)}Bias`] as Tensor).data;
    const rows = (rolesAt(layer)[reader] as Tensor).data;
    return { ...tensor, data: tensor.data.map((x, i) => x - dot(rows.subarray(i * added.length, (i + 1) * added.length), added)) };
  });
}

/** Without what lies in the span of these rows. */
function silentTo(bias: Float64Array, rows: Float64Array, outputs: readonly number[]): Float64Array {
  const basis: Float64Array[] = [];
  const without = (vector: Float64Array) => {
    let free = vector.slice();
    for (let pass = 0; pass < 2; pass++)
      for (const known of basis) {
        const share = dot(known, free);
        free = free.map((x, i) => x - share * numberAt(known, i));
      }
    return free;
  };
  for (const id of outputs) {
    const row = rows.slice(id * bias.length, (id + 1) * bias.length);
    const free = without(row);
    const size = Math.sqrt(dot(free, free));
    if (size > 1e-9 * Math.sqrt(dot(row, row))) basis.push(free.map((x) => x / size));
  }
  return without(bias);
}
