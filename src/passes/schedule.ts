/**
 * Schedules components into layers: enters a circuit, leaves its heads and neurons by layer. The number of layers is the critical path's length
 * under the target's block, so no schedule has fewer.
 */
import type { Circuit, Component, Head, NeuronGroup, Register } from '../circuit/circuit.ts';
import { registersIn, registersRead, registersWritten } from '../circuit/dataflow.ts';
import type { Lifetime, PlacedGroup, PlacedHead, PlacedLayer, Placement, Slot } from '../placement/placement.ts';
import type { Traits } from '../targets/target.ts';
import { balancedLayers } from './balanced-layers.ts';
import { exactLayers } from './exact-layers.ts';
import type { IntegerSolver } from './integer-program.ts';
import { attentionKey, type Block, blockOf, layerWindows, neuronsOf } from './layers.ts';
import { isBetter } from './measure-layers.ts';

export interface Schedule {
  readonly layers: readonly PlacedLayer[];
  readonly lifetimes: ReadonlyMap<Register, Lifetime>;
  readonly goals: Placement['goals'];
}

export interface ScheduleOptions {
  /** How many layers the model has, where it needs no more: those behind the last component do nothing. */
  readonly leastLayers: number;
  /** Whether components may stand later than they can, where a layer is less full. */
  readonly balanced: boolean;
  /** Finds the best layers. */
  readonly solve?: IntegerSolver | undefined;
}

export function schedule(circuit: Circuit, traits: Traits, { leastLayers, balanced, solve }: ScheduleOptions): Schedule {
  const block = blockOf(traits);
  const windows = layerWindows(circuit, block);
  const later = balanced ? balancedLayers(windows, block) : windows.earliest;
  const given = isBetter(circuit, block, later, windows.earliest) ? later : windows.earliest;
  const exact = solve === undefined ? null : exactLayers(circuit, block, windows, given, solve);
  const layerOf = exact?.layerOf ?? given;
  const count = Math.max(leastLayers, ...[...layerOf.values()].map((l) => l + 1));
  const layers = Array.from({ length: count }, (_, layer) => {
    const here = circuit.components.filter((c) => layerOf.get(c) === layer);
    return placeLayer(here, block);
  });
  return { layers, lifetimes: lifetimesOf(circuit, layers), goals: exact?.goals ?? null };
}

function placeLayer(components: readonly Component[], block: Block): PlacedLayer {
  const byScores = new Map<string, Head[]>();
  const groups: PlacedGroup[] = [];
  let neurons = 0;
  for (const component of components) {
    if (component.kind === 'head') {
      const key = attentionKey(component);
      byScores.set(key, [...(byScores.get(key) ?? []), component]);
    } else {
      const to = neurons + neuronsOf(component, block);
      groups.push({ group: component, from: neurons, to });
      neurons = to;
    }
  }
  const heads = [...byScores.values()].map((sharing, index): PlacedHead => {
    const first = sharing[0] as Head;
    const { scores, relative, bos } = first;
    return { index, components: sharing, scores, relative, bos, values: sharing.flatMap((h) => h.values) };
  });
  return { heads, groups, neurons };
}

function lifetimesOf(circuit: Circuit, layers: readonly PlacedLayer[]): Map<Register, Lifetime> {
  const written = new Map<Register, Slot | 'embedding'>();
  const lastRead = new Map<Register, NonNullable<Lifetime['lastRead']>>();
  for (const { register } of circuit.embeddings) written.set(register, 'embedding');
  for (const [layer, { heads, groups }] of layers.entries()) {
    for (const head of heads) {
      for (const component of head.components) {
        note(component, { layer, sublayer: 'attention', index: head.index });
      }
    }
    for (const { group, from } of groups) note(group, { layer, sublayer: 'mlp', index: from });
  }
  const last = layers.length - 1;
  for (const readout of circuit.readouts) {
    const forms = readout.kind === 'numeric' ? [readout.form] : readout.logits.map((l) => l.form);
    for (const register of registersIn(forms)) lastRead.set(register, { layer: last, sublayer: 'output' });
  }
  return new Map([...written].map(([register, slot]) => [register, { written: slot, lastRead: lastRead.get(register) ?? null }]));

  function note(component: Head | NeuronGroup, slot: Slot): void {
    for (const register of registersWritten(component)) written.set(register, slot);
    for (const register of registersRead(component)) lastRead.set(register, { layer: slot.layer, sublayer: slot.sublayer });
  }
}
