/**
 * Schedules components into layers as soon as what they read is there: enters a circuit, leaves its heads and neurons by layer. The
 * number of layers is the critical path's length under the target's block, so no schedule has fewer.
 */
import type { Circuit, Component, Head, NeuronGroup, Register } from '../circuit/circuit.ts';
import { registersIn, registersRead, registersWritten } from '../circuit/dataflow.ts';
import { formKey } from '../circuit/form.ts';
import type { Lifetime, PlacedGroup, PlacedHead, PlacedLayer, Slot } from '../placement/placement.ts';
import type { Traits } from '../targets/target.ts';

export interface Schedule {
  readonly layers: readonly PlacedLayer[];
  readonly lifetimes: ReadonlyMap<Register, Lifetime>;
}

/**
 * @param neuronsPerStep how many neurons of the target's MLP make one step
 * @param leastLayers how many layers the model has, where it needs no more: those behind the last component do nothing
 */
export function schedule(circuit: Circuit, residual: Traits['residual'], neuronsPerStep: number, leastLayers: number): Schedule {
  const layerOf = assignLayers(circuit, residual);
  const count = Math.max(leastLayers, ...[...layerOf.values()].map((l) => l + 1));
  const layers = Array.from({ length: count }, (_, layer) => {
    const here = circuit.components.filter((c) => layerOf.get(c) === layer);
    return placeLayer(here, neuronsPerStep);
  });
  return { layers, lifetimes: lifetimesOf(circuit, layers) };
}

function assignLayers(circuit: Circuit, residual: Traits['residual']): Map<Component, number> {
  const writer = new Map<Register, Component>();
  for (const component of circuit.components) for (const register of registersWritten(component)) writer.set(register, component);
  const layerOf = new Map<Component, number>();
  const visit = (component: Component): number => {
    const known = layerOf.get(component);
    if (known !== undefined) return known;
    let layer = 0;
    for (const register of registersRead(component)) {
      const source = writer.get(register);
      if (source !== undefined) layer = Math.max(layer, visit(source) + (sameLayer(source, component, residual) ? 0 : 1));
    }
    layerOf.set(component, layer);
    return layer;
  };
  for (const component of circuit.components) visit(component);
  return layerOf;
}

/** Whether the reader can stand in the writer's layer: only an MLP behind its own layer's attention. */
function sameLayer(writer: Component, reader: Component, residual: Traits['residual']): boolean {
  return residual === 'sequential' && writer.kind === 'head' && reader.kind === 'neurons';
}

function placeLayer(components: readonly Component[], neuronsPerStep: number): PlacedLayer {
  const byScores = new Map<string, Head[]>();
  const groups: PlacedGroup[] = [];
  let neurons = 0;
  for (const component of components) {
    if (component.kind === 'head') {
      const key = attentionKey(component);
      byScores.set(key, [...(byScores.get(key) ?? []), component]);
    } else {
      const to = neurons + neuronsPerStep * component.steps.length;
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

/** Heads with the same key attend alike. */
function attentionKey({ scores, relative, bos }: Head): string {
  const content = scores.map(({ query, key }) => `${formKey(query)}*${formKey(key)}`);
  return [...content, JSON.stringify(relative), JSON.stringify(bos)].join(' ');
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
