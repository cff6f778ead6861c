/** Where the parts of a compiled circuit stand in a host, before heads and neurons are renumbered: which layers, dimensions, heads and neurons it takes. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { Random } from '../../verify/random.ts';
import type { Weights } from '../../weights/weights.ts';
import type { Spare } from '../host/fill-noise.ts';
import { drawDirections } from '../turn/orthogonal.ts';
import type { Host } from './host.ts';

export interface Places {
  /** Of each layer of the circuit, the layer of the host. */
  readonly layers: readonly number[];
  /** Dimensions of the circuit that hold codes, and the direction of the host's stream in which each lies: at right angles, of length 1. */
  readonly dims: readonly number[];
  readonly basis: readonly Float64Array[];
  /** By layer of the circuit, its heads that compute something; head `heads[layer][i]` becomes head i there. */
  readonly heads: readonly (readonly number[])[];
  readonly neurons: readonly (readonly number[])[];
}

/** Layers are drawn, in their order, and directions at random; a norm that takes the mean off must not take of these. */
export function choosePlaces(circuit: Weights, spare: Spare, { weights, config }: Host, dims: readonly number[], random: Random): Places {
  const { sizes } = circuit;
  const layers = random
    .shuffle(counted(weights.sizes.layers))
    .slice(0, sizes.layers)
    .sort((a, b) => a - b);
  return {
    layers,
    dims,
    basis: drawDirections(dims.length, weights.sizes.width, config.traits.norm === 'layer-norm', random),
    heads: layers.map((_, layer) => counted(sizes.heads).filter((head) => !spare.heads(layer, head))),
    neurons: layers.map((_, layer) => counted(sizes.hidden).filter((neuron) => !spare.neurons(layer, neuron))),
  };
}

/** The map of the circuit where it stands in the host, but for dimensions: its codes lie across those of the host. */
export function placedMap(map: CircuitMap, { layers, heads, neurons }: Places): CircuitMap {
  const headOf = (layer: number, head: number) => (heads[layer] ?? []).indexOf(head);
  const neuronOf = (layer: number, neuron: number) => (neurons[layer] ?? []).indexOf(neuron);
  const layerOf = (layer: number) => layers[layer] as number;
  return {
    ...map,
    heads: map.heads.map((each) => ({ ...each, layer: layerOf(each.layer), head: headOf(each.layer, each.head) })),
    neurons: map.neurons.map((each) => {
      const from = neuronOf(each.layer, each.from);
      return { ...each, layer: layerOf(each.layer), from, to: from + each.to - each.from };
    }),
  };
}

export function counted(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
