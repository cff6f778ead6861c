/**
 * What computes nothing, filled with noise that changes no output: the new dimensions of the stream are of two kinds. Into the first every token
 * (and position) is embedded as a vector of its own, all of one length; heads and neurons that are not the program's read those alone, and
 * write into the second kind, which nothing reads. What the program reads has weight 0 on both. What norms see of it is one length, and a little
 * more that is bounded by what is written.
 */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Random } from '../../verify/random.ts';
import type { Weights } from '../../weights/weights.ts';
import { eachRole } from '../each-role.ts';
import { drawDirection, drawNormal } from '../turn/draw-numbers.ts';

export interface Noise {
  /** Dimensions into which tokens and positions are embedded, and those that are written to. */
  readonly tokens: readonly number[];
  readonly positions: readonly number[];
  readonly written: readonly number[];
  /** The length of a token's and of a position's vector in the stream, and the longest that one layer writes. */
  readonly length: number;
  readonly loudness: number;
  /** By how much the square of a row's length is lifted besides. */
  readonly liftToken: (row: number) => number;
  readonly liftPosition: (row: number) => number;
}

/** The new dimensions, shared out; too few of them are left as they are. */
export function noiseDims(old: number, width: number, hasPositions: boolean): Pick<Noise, 'tokens' | 'positions' | 'written'> {
  const all = Array.from({ length: width - old }, (_, i) => old + i);
  // two at least of each kind, so that their mean can be 0
  const parts = hasPositions ? 3 : 2;
  if (all.length < 2 * parts) return { tokens: [], positions: [], written: [] };
  const own = Math.floor(all.length / parts);
  return {
    tokens: all.slice(0, own),
    positions: hasPositions ? all.slice(own, 2 * own) : [],
    written: all.slice(hasPositions ? 2 * own : own),
  };
}

/** Which heads, key and value heads, neurons and logits are nobody's. */
export interface Spare {
  readonly heads: (layer: number, head: number) => boolean;
  readonly kvHeads: (layer: number, head: number) => boolean;
  readonly neurons: (layer: number, neuron: number) => boolean;
  readonly logits: (id: number) => boolean;
}

/** What has no weight that is not 0, so that it computes nothing and nobody speaks of it. */
export function findSpare(weights: Weights, map: Pick<CircuitMap, 'outputs' | 'generation'>): Spare {
  const { sizes } = weights;
  const isZero = (tensor: Tensor | undefined, index: number) => {
    if (tensor === undefined) return true;
    const block = tensor.data.length / (tensor.shape[0] as number);
    return tensor.data.subarray(index * block, (index + 1) * block).every((x) => x === 0);
  };
  const outputs = new Set(
    map.outputs.flatMap((output) => (output.kind === 'categorical' ? output.logits.map(({ id }) => id) : [output.logit])),
  );
  const group = sizes.heads / sizes.kvHeads;
  const isSpareGroup = (layer: number, kept: number) => {
    const { key, value, output } = weights.layers[layer] ?? {};
    if (!isZero(key, kept) || !isZero(value, kept)) return false;
    return Array.from({ length: group }, (_, i) => kept * group + i).every((head) => isZero(output, head));
  };
  return {
    heads: (layer, head) => isSpareGroup(layer, Math.floor(head / group)),
    kvHeads: isSpareGroup,
    neurons: (layer, neuron) => isZero(weights.layers[layer]?.up, neuron) && isZero(weights.layers[layer]?.down, neuron),
    // where the model runs on its own output, every logit counts
    logits: (id) => map.generation === undefined && !outputs.has(id) && isZero(weights.model.unembedding, id),
  };
}

/** @param root the root mean square of what stands in the stream, so that what is read of it has a size that is known */
export function noisy(
  weights: Weights,
  { traits }: Pick<ModelConfig, 'traits'>,
  noise: Noise,
  root: number,
  spare: Spare,
  random: Random,
): Weights {
  const { sizes } = weights;
  const centred = traits.norm === 'layer-norm';
  const { tokens, positions, written } = noise;
  const read = [...tokens, ...positions];
  const embedded = traits.scaledEmbedding ? Math.sqrt(sizes.width) : 1;
  const known = (noise.length / root) * Math.sqrt(positions.length > 0 ? 2 : 1);
  const lifted = (more: number) => Math.sqrt(noise.length ** 2 + Math.max(0, more));
  const place = (into: Float64Array, from: number, dims: readonly number[], values: Float64Array) => {
    for (const [i, dim] of dims.entries()) into[from + dim] = values[i] as number;
  };
  // a row whose product with what stands in those dimensions is about `size`
  const readRow = (into: Float64Array, from: number, size: number) => {
    for (const dim of read) into[from + dim] = (drawNormal(random) * size) / Math.max(known, 1);
  };
  const writers = (layer: number) => ({
    heads: Array.from({ length: sizes.heads }, (_, head) => head).filter((head) => spare.heads(layer, head)).length * sizes.dim,
    neurons: Array.from({ length: sizes.hidden }, (_, neuron) => neuron).filter((neuron) => spare.neurons(layer, neuron)).length,
  });
  return eachRole(weights, (tensor, { role, layer }) => {
    const data = tensor.data.slice();
    const rows = data.length / sizes.width;
    const at = layer ?? 0;
    const perHead = sizes.dim;
    switch (role) {
      case 'tokenEmbedding':
        for (let row = 0; row < rows; row++)
          place(data, row * sizes.width, tokens, drawDirection(random, tokens.length, lifted(noise.liftToken(row)) / embedded, centred));
        break;
      case 'positionEmbedding':
        for (let row = 0; row < rows; row++)
          place(data, row * sizes.width, positions, drawDirection(random, positions.length, lifted(noise.liftPosition(row)), centred));
        break;
      case 'unembedding':
        for (let row = 0; row < rows; row++) if (spare.logits(row)) readRow(data, row * sizes.width, 1);
        break;
      case 'query':
        for (let row = 0; row < rows; row++) if (spare.heads(at, Math.floor(row / perHead))) readRow(data, row * sizes.width, 1);
        break;
      case 'key':
      case 'value':
        for (let row = 0; row < rows; row++) if (spare.kvHeads(at, Math.floor(row / perHead))) readRow(data, row * sizes.width, 1);
        break;
      case 'gate':
      case 'up':
        for (let row = 0; row < rows; row++) if (spare.neurons(at, row)) readRow(data, row * sizes.width, 1);
        break;
      case 'output':
      case 'down': {
        const isSpare = (row: number) => (role === 'output' ? spare.heads(at, Math.floor(row / perHead)) : spare.neurons(at, row));
        const { heads, neurons } = writers(at);
        const own = noise.loudness / (2 * Math.sqrt(Math.max(1, role === 'output' ? heads : neurons)));
        for (let row = 0; row < rows; row++)
          if (isSpare(row)) place(data, row * sizes.width, written, drawDirection(random, written.length, own, centred));
        break;
      }
      default:
        return tensor;
    }
    return { ...tensor, data };
  });
}
