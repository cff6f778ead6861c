/** A trained model that a circuit may stand in: of the family of the compiled one, and large enough. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import { type ModelConfig, positionsOf, reachOf } from '../../targets/model-config.ts';
import type { Weights } from '../../weights/weights.ts';
import type { Spare } from '../host/fill-noise.ts';

export interface Host {
  readonly config: ModelConfig;
  /** A tied unembedding as one of its own. */
  readonly weights: Weights;
}

/** What of the compiled model has to find a place. */
export interface Guest {
  readonly config: ModelConfig;
  readonly map: CircuitMap;
  readonly spare: Spare;
}

/** The circuit has at most this share of the host's dimensions. */
const LARGEST_SHARE = 1 / 2;

/** Why the host cannot take the circuit in; null where it can. */
export function misfit({ config, map, spare }: Guest, host: ModelConfig): string | null {
  const [own, sizes] = [config.sizes, host.sizes];
  if (host.target.name !== config.target.name)
    return `it is a ${config.target.architecture}, and the host is a ${host.target.architecture}`;
  if (JSON.stringify(host.traits) !== JSON.stringify(config.traits) || JSON.stringify(host.numbers.scoreCap) !== 'null')
    return 'the config of the host makes it a model of another kind';
  const { traits } = host;
  if (
    traits.normPlace !== 'pre' ||
    traits.positions.kind !== 'learned' ||
    traits.writeNorms ||
    traits.scaledEmbedding ||
    traits.mlp !== 'plain'
  )
    return 'hosts are models with a norm before each sublayer and a table of positions, such as GPT-2';
  if (map.generation !== undefined) return 'it runs on its own output, and the host would speak as well';
  if (map.outputs.some(({ kind }) => kind === 'numeric')) return 'an output is a number, which the host would be heard in';
  const heads = Math.max(...used(own.layers, own.heads, spare.heads));
  const neurons = Math.max(...used(own.layers, own.hidden, spare.neurons));
  const needs: readonly (readonly [what: string, needed: number, there: number])[] = [
    ['dimensions, half of which a circuit may have', own.width, Math.floor(sizes.width * LARGEST_SHARE)],
    ['layers', own.layers, sizes.layers],
    ['heads in a layer', heads, sizes.heads],
    ['dimensions in a head', own.dim, sizes.dim],
    ['neurons in a layer', neurons, sizes.hidden],
    ['tokens', own.vocab, sizes.vocab],
    ['logits', own.outputs, sizes.outputs],
    ['positions', map.context + 1, Math.min(positionsOf(host), reachOf(host))],
  ];
  const short = needs.find(([, needed, there]) => needed > there);
  return short === undefined ? null : `it needs ${short[1]} ${short[0]}, and the host has ${short[2]}`;
}

function used(layers: number, count: number, isSpare: (layer: number, index: number) => boolean): number[] {
  return Array.from({ length: layers }, (_, layer) => Array.from({ length: count }, (__, i) => i).filter((i) => !isSpare(layer, i)).length);
}
