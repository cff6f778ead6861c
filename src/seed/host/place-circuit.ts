/** Gives the components of a circuit their layers, heads and neurons in a host that has so many of each. */

import type { Circuit, NeuronGroup } from '../../circuit/circuit.ts';
import { formKey } from '../../circuit/form.ts';
import { fail } from '../../diagnostics/catalog.ts';
import { ALL_OPTIMIZATIONS } from '../../passes/optimizations.ts';
import { schedule } from '../../passes/schedule/schedule.ts';
import type { ModelConfig } from '../../targets/model-config.ts';
import type { SeedRoom, TakenRoom } from '../program/circuit-room.ts';
import { type Consumer, largestConsumers } from './largest-consumers.ts';
import type { HostHead } from './weights/write-heads.ts';
import { neuronsFor } from './weights/write-neurons.ts';

export interface HostLayer {
  readonly heads: readonly HostHead[];
  readonly groups: readonly NeuronGroup[];
  /** Neurons that the groups take: the first free ones of the layer. */
  readonly neurons: number;
}

const LESS = 'a shorter context (`--context`), a smaller alphabet or fewer exports need less, or a larger host has more';
/** Components of a layer that a refusal names. */
const NAMED = 3;

/**
 * Diagnostics: R7706.
 *
 * @param from the first key-value head that is free in every layer, and the first neuron where not all are
 */
export function placeCircuit(
  circuit: Circuit,
  config: ModelConfig,
  from: Pick<SeedRoom, 'kvHead' | 'neuron'> | TakenRoom | null = null,
): HostLayer[] {
  const { layers: depth, heads, kvHeads, dim, hidden } = config.sizes;
  const firstHead = from?.kvHead ?? 0;
  const firstNeuron = from !== null && 'neuron' in from ? from.neuron : 0;
  const group = heads / kvHeads;
  const plan = schedule(circuit, config.traits, { leastLayers: 1, optimizations: ALL_OPTIMIZATIONS });
  const need = (what: string, needed: number, available: number, of: string): void => {
    if (needed > available) fail('R7706', { what, needed, available, of, instead: LESS });
  };
  const chain = plan.layers.map(({ heads: own, groups }, at) => {
    const names = [...own.flatMap(({ components }) => components.map(({ name }) => name)), ...groups.map(({ group: each }) => each.name)];
    return `${[...new Set(names)].slice(0, NAMED).join(', ')} (layer ${at})`;
  });
  need(`a chain: ${chain.join(', then ')}`, plan.layers.length, depth, 'layers');
  return plan.layers.map((layer, at): HostLayer => {
    const placed: HostHead[] = [];
    for (const { components, values } of layer.heads) {
      for (const own of inRooms(values, dim)) {
        const kvHead = firstHead + placed.length;
        const queryHeads = Array.from({ length: group }, (_, i) => kvHead * group + i);
        const [first] = components;
        if (first === undefined) continue;
        const { scores, relative, recency, bos } = first;
        const attention = recency === undefined ? { scores, relative, bos } : { scores, relative, recency, bos };
        const names = [...new Set(components.map(({ name }) => name))];
        placed.push({ layer: at, kvHead, queryHeads, name: names.slice(0, 3).join(', '), attention, values: own });
      }
    }
    const groups = layer.groups.map(({ group: own }) => own);
    const neurons = neuronsFor(groups, config);
    const inLayer = (uses: readonly Consumer[]): string => `${largestConsumers(uses)} in layer ${at}`;
    need(
      inLayer(placed.map(({ name }) => ({ name, count: 1 }))),
      placed.length,
      kvHeads - firstHead,
      group === 1 ? 'heads of a layer' : 'groups of heads of a layer',
    );
    need(
      inLayer(groups.map((own) => ({ name: own.name, count: neuronsFor([own], config) }))),
      neurons,
      hidden - firstNeuron,
      'neurons of a layer',
    );
    return { heads: placed, groups, neurons };
  });
}

/** As many values to a head as it has dimensions; equal forms share one. */
function inRooms(values: HostHead['values'], dim: number): HostHead['values'][] {
  const rooms: { keys: Set<string>; values: HostHead['values'][number][] }[] = [];
  for (const value of values) {
    const key = formKey(value.form);
    const room = rooms.find(({ keys }) => keys.has(key)) ?? rooms.find(({ keys }) => keys.size < dim);
    if (room === undefined) rooms.push({ keys: new Set([key]), values: [value] });
    else {
      room.keys.add(key);
      room.values.push(value);
    }
  }
  return rooms.map((room) => room.values);
}
