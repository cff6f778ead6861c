/** Where the parts of a compiled circuit stand in a host, before heads and neurons are renumbered: which layers, dimensions, heads and neurons it takes. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Random } from '../../verify/random.ts';
import type { Weights } from '../../weights/weights.ts';
import type { Spare } from '../host/fill-noise.ts';
import { EMBEDDINGS, WRITERS } from '../stream-roles.ts';

export interface Places {
  /** Of each layer of the circuit, the layer of the host. */
  readonly layers: readonly number[];
  /** Of each dimension of the circuit, the host's; and those that are left to the host. */
  readonly dims: readonly number[];
  readonly others: readonly number[];
  /** By layer of the circuit, its heads that compute something; head `heads[layer][i]` becomes head i there. */
  readonly heads: readonly (readonly number[])[];
  readonly neurons: readonly (readonly number[])[];
}

/** Layers are drawn, in their order; dimensions are those in which the host's stream holds least. */
export function choosePlaces(circuit: Weights, spare: Spare, host: Weights, random: Random): Places {
  const { sizes } = circuit;
  const layers = random
    .shuffle(counted(host.sizes.layers))
    .slice(0, sizes.layers)
    .sort((a, b) => a - b);
  const energies = columnEnergies(host);
  const byEnergy = counted(host.sizes.width).sort((a, b) => (energies[a] as number) - (energies[b] as number) || a - b);
  const taken = byEnergy.slice(0, sizes.width).sort((a, b) => a - b);
  const isTaken = new Set(taken);
  return {
    layers,
    dims: taken,
    others: counted(host.sizes.width).filter((dim) => !isTaken.has(dim)),
    heads: layers.map((_, layer) => counted(sizes.heads).filter((head) => !spare.heads(layer, head))),
    neurons: layers.map((_, layer) => counted(sizes.hidden).filter((neuron) => !spare.neurons(layer, neuron))),
  };
}

/** How much is written into each dimension of the stream. */
function columnEnergies({ sizes, model, layers }: Weights): Float64Array {
  const energies = new Float64Array(sizes.width);
  const count = (tensor: Tensor | undefined) => {
    for (const [i, x] of (tensor?.data ?? []).entries()) {
      const dim = i % sizes.width;
      energies[dim] = (energies[dim] as number) + x * x;
    }
  };
  for (const role of EMBEDDINGS) count((model as Partial<Record<string, Tensor>>)[role]);
  for (const layer of layers) for (const role of WRITERS) count((layer as Partial<Record<string, Tensor>>)[role]);
  return energies;
}

/** The map of the circuit where it stands in the host. */
export function placedMap(map: CircuitMap, { layers, dims, heads, neurons }: Places): CircuitMap {
  const headOf = (layer: number, head: number) => (heads[layer] ?? []).indexOf(head);
  const neuronOf = (layer: number, neuron: number) => (neurons[layer] ?? []).indexOf(neuron);
  const layerOf = (layer: number) => layers[layer] as number;
  return {
    ...map,
    variables: map.variables.map((variable) => ({ ...variable, dims: variable.dims.map((dim) => dims[dim] as number) })),
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
