/** A trained model that a circuit may stand in: of the family of the compiled one, and large enough. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import { type ModelConfig, plainNumbers, positionsOf, reachOf } from '../../targets/model-config.ts';
import type { Weights } from '../../weights/weights.ts';
import type { Spare } from '../host/fill-noise.ts';

export interface Host {
  readonly config: ModelConfig;
  /** A tied unembedding as one of its own. */
  readonly weights: Weights;
}

/** What of the compiled model has to find a place. */
export interface Guest {
  readonly weights: Weights;
  readonly config: ModelConfig;
  readonly map: CircuitMap;
  readonly spare: Spare;
}

/** The circuit has at most this share of the host's dimensions. */
const LARGEST_SHARE = 1 / 2;

/** Why the host cannot take the circuit in; null where it can. */
export function misfit({ weights, config, map, spare }: Guest, host: ModelConfig): string | null {
  const [own, sizes] = [config.sizes, host.sizes];
  if (host.target.name !== config.target.name)
    return `it is a ${config.target.architecture}, and the host is a ${host.target.architecture}`;
  const { traits, numbers } = host;
  if (JSON.stringify(traits) !== JSON.stringify(config.traits) || JSON.stringify(numbers) !== JSON.stringify(plainNumbers(traits, sizes)))
    return 'the config of the host makes it a model of another kind';
  if (traits.normPlace !== 'pre' || traits.writeNorms || traits.sharedNorm || traits.headNorms !== 'none' || traits.scaledEmbedding)
    return 'hosts are models with a norm of its own before each sublayer and no other, such as GPT-2 and Llama';
  if (sizes.kvHeads !== sizes.heads) return 'heads of the host share keys and values';
  if (host.layerAttention.some(({ rotary }) => rotary !== null && rotary.scaling !== null)) return 'the host scales its rotary positions';
  if (map.generation !== undefined) return 'it runs on its own output, and the host would speak as well';
  if (map.outputs.some(({ kind }) => kind === 'numeric')) return 'an output is a number, which the host would be heard in';
  const heads = Math.max(...used(own.layers, own.heads, spare.heads));
  const neurons = Math.max(...used(own.layers, own.hidden, spare.neurons));
  const needs: readonly (readonly [what: string, needed: number, there: number])[] = [
    ['dimensions, half of which a circuit may have', writtenDims(weights), Math.floor(sizes.width * LARGEST_SHARE)],
    ['layers', own.layers, sizes.layers],
    ['heads in a layer', heads, sizes.heads],
    ['dimensions in a head', headDims(weights, traits.positions.kind), sizes.dim],
    ['neurons in a layer', neurons, sizes.hidden],
    ['tokens', own.vocab, sizes.vocab],
    ['logits', own.outputs, sizes.outputs],
    ['positions', map.context + 1, Math.min(positionsOf(host), reachOf(host))],
  ];
  const short = needs.find(([, needed, there]) => needed > there);
  return short === undefined ? null : `it needs ${short[1]} ${short[0]}, and the host has ${short[2]}`;
}

/** Dimensions of the stream that some layer writes. */
function writtenDims({ sizes: { width }, layers }: Weights): number {
  const written = new Set<number>();
  for (const { output, outputBias, down, downBias } of layers)
    for (const tensor of [output, outputBias, down, downBias])
      for (const [i, x] of (tensor?.data ?? []).entries()) if (x !== 0) written.add(i % width);
  return written.size;
}

/** Queries and keys that turn are made anew, in as many dimensions as the host has; others may have to stand as they are. */
function headDims(weights: Weights, positions: 'learned' | 'rotary'): number {
  if (positions === 'learned') return weights.sizes.dim;
  const { heads } = weights.sizes;
  return Math.max(
    1,
    ...weights.layers.flatMap((_, layer) => Array.from({ length: heads }, (__, head) => valueDims(weights, layer, head).length)),
  );
}

/** Dimensions of a head whose values are read. */
export function valueDims({ sizes: { dim, width }, layers }: Weights, layer: number, head: number): number[] {
  const data = layers[layer]?.output?.data ?? new Float64Array(0);
  const isRead = (i: number) => data.subarray((head * dim + i) * width, (head * dim + i + 1) * width).some((x) => x !== 0);
  return Array.from({ length: dim }, (_, i) => i).filter(isRead);
}

function used(layers: number, count: number, isSpare: (layer: number, index: number) => boolean): number[] {
  return Array.from({ length: layers }, (_, layer) => Array.from({ length: count }, (__, i) => i).filter((i) => !isSpare(layer, i)).length);
}
