/**
 * Schedules components into layers: enters a circuit, leaves its heads and neurons by layer. The number of layers is the critical path's length
 * under the target's block, so no schedule has fewer.
 */
import type { Circuit, Component, Head, NeuronGroup, Register } from '../../circuit/circuit.ts';
import { registersIn, registersRead, registersWritten } from '../../circuit/dataflow.ts';
import type { Lifetime, PlacedGroup, PlacedHead, PlacedLayer, Placement, Slot } from '../../placement/placement.ts';
import type { Traits } from '../../targets/target.ts';
import { grouped } from '../grouped.ts';
import type { Optimization } from '../optimizations.ts';
import { balancedLayers } from './balanced-layers.ts';
import { exactLayers } from './exact-layers.ts';
import type { IntegerSolver } from './integer-program.ts';
import { type Block, blockOf, layerWindows, neuronsOf } from './layers.ts';
import { isBetter } from './measure-layers.ts';

export interface Schedule {
  readonly layers: readonly PlacedLayer[];
  readonly lifetimes: ReadonlyMap<Register, Lifetime>;
  readonly goals: Placement['goals'];
}

export interface ScheduleOptions {
  /** How many layers the model has, where it needs no more: those behind the last component do nothing. */
  readonly leastLayers: number;
  readonly optimizations: ReadonlySet<Optimization>;
  /** Finds the best layers. */
  readonly solve?: IntegerSolver | undefined;
}

export function schedule(circuit: Circuit, traits: Traits, { leastLayers, optimizations, solve }: ScheduleOptions): Schedule {
  const block = blockOf(traits, optimizations);
  const windows = layerWindows(circuit, block);
  const later = optimizations.has('balanced-layers') ? balancedLayers(windows, block) : windows.earliest;
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
  const groups: PlacedGroup[] = [];
  let neurons = 0;
  for (const group of components) {
    if (group.kind === 'head') continue;
    const to = neurons + neuronsOf(group, block);
    groups.push({ group, from: neurons, to });
    neurons = to;
  }
  const sharing = grouped(
    components.filter((c) => c.kind === 'head'),
    block.keyOf,
  );
  const heads = [...sharing.values()].map((alike, index): PlacedHead => {
    const { scores, relative, order, bos } = alike[0] as Head;
    return { index, components: alike, scores, relative, order: order ?? null, bos, values: alike.flatMap((h) => h.values) };
  });
  return { heads, groups, clears: [], neurons };
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
  return new Map(
    [...written].map(([register, slot]) => [register, { written: slot, lastRead: lastRead.get(register) ?? null, cleared: null }]),
  );

  function note(component: Head | NeuronGroup, slot: Slot): void {
    for (const register of registersWritten(component)) written.set(register, slot);
    for (const register of registersRead(component)) lastRead.set(register, { layer: slot.layer, sublayer: slot.sublayer });
  }
}
