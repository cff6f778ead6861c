/** What must hold of every placement, whatever the program and the target: an internal error where it does not. */
import type { Component, Register } from '../circuit/circuit.ts';
import { registersIn, registersRead, registersWritten } from '../circuit/dataflow.ts';
import type { Traits } from '../targets/target.ts';
import type { PlacedLayer, Placement } from './placement.ts';

/**
 * Nothing is read before it is written, and nothing shares a dimension, a head or a neuron with anything else: but for dimensions that have been
 * cleared, once nobody reads them any more and before anyone writes there again.
 */
export function assertPlacement(placement: Placement, { residual }: Pick<Traits, 'residual'>): void {
  for (const [layer, placed] of placement.layers.entries()) assertRoom(placement, placed, layer);
  const times = timesOf(placement, residual);
  assertOrder(placement, times);
  assertTenants(placement, times);
}

/** When registers are written, last read and cleared; a number a sublayer, the embedding's being -1. */
interface Times {
  readonly written: ReadonlyMap<Register, number>;
  readonly cleared: ReadonlyMap<Register, number>;
  readonly lastReads: ReadonlyMap<Register, number>;
}

function assertRoom({ sizes, lifetimes }: Placement, { heads, groups, clears, neurons }: PlacedLayer, layer: number): void {
  if (heads.length > sizes.heads || neurons > sizes.hidden) throw new Error(`layer ${layer} has more heads or neurons than the model`);
  let next = 0;
  for (const { from, to } of [...groups, ...clears]) {
    if (from !== next) throw new Error(`neurons ${from} to ${to} of layer ${layer} do not begin where the ones before end`);
    next = to;
  }
  for (const { register, from, to } of clears) {
    if (to - from !== 2 * register.features.length || lifetimes.get(register)?.cleared !== layer) {
      throw new Error(`layer ${layer} does not clear ${register.name} as it is said to`);
    }
  }
}

/** Throws where something is read before it is written, or has no place or two. */
function timesOf({ circuit, layers }: Placement, residual: Traits['residual']): Times {
  // In a parallel block both sublayers read what the layers before have left.
  const sublayers = residual === 'sequential' ? 2 : 1;
  const written = new Map<Register, number>(circuit.embeddings.map(({ register }) => [register, -1]));
  const cleared = new Map<Register, number>();
  const lastReads = new Map<Register, number>();
  const placed = new Set<Component>();
  let count = 0;
  const note = (components: readonly Component[], time: number) => {
    for (const component of components) for (const register of registersWritten(component)) written.set(register, time);
  };
  for (const [layer, { heads, groups, clears }] of layers.entries()) {
    const parts = [heads.flatMap((head) => head.components), groups.map(({ group }) => group)];
    for (const [sublayer, components] of parts.entries()) {
      const time = sublayers * layer + (sublayers === 1 ? 0 : sublayer);
      for (const component of components) {
        for (const register of registersRead(component)) {
          if (!((written.get(register) ?? time) < time)) throw new Error(`${component.name} reads ${register.name} before it is written`);
          lastReads.set(register, time);
        }
        placed.add(component);
        count++;
      }
      if (sublayers === 2) note(components, time);
    }
    if (sublayers === 1) note(parts.flat(), layer);
    for (const { register } of clears) cleared.set(register, sublayers * layer + sublayers - 1);
  }
  if (count !== placed.size || count !== circuit.components.length || !circuit.components.every((each) => placed.has(each))) {
    throw new Error('a component has no place in the model, or two');
  }
  return { written, cleared, lastReads };
}

function assertOrder({ circuit }: Placement, { written, cleared, lastReads }: Times): void {
  for (const readout of circuit.readouts) {
    const forms = readout.kind === 'numeric' ? [readout.form] : readout.logits.map(({ form }) => form);
    for (const register of registersIn(forms)) {
      if (!written.has(register) || cleared.has(register)) throw new Error(`an output reads ${register.name}, which is not there`);
    }
  }
  for (const [register, time] of cleared) {
    const isWritten = (written.get(register) ?? time) < time;
    if (!isWritten || (lastReads.get(register) ?? -1) > time) throw new Error(`${register.name} is cleared before its time`);
  }
}

function assertTenants({ dimensions, frame, sizes }: Placement, { written, cleared }: Times): void {
  const tenants = new Map<number, Register[]>();
  for (const [register, own] of dimensions) {
    for (const dimension of own) tenants.set(dimension, [...(tenants.get(dimension) ?? []), register]);
  }
  for (const [dimension, registers] of tenants) {
    const inTurn = registers.sort((a, b) => (written.get(a) ?? -1) - (written.get(b) ?? -1));
    for (const [i, next] of inTurn.slice(1).entries()) {
      const before = cleared.get(inTurn[i] ?? next);
      if (before === undefined || before >= (written.get(next) ?? -1)) throw new Error(`two registers live in dimension ${dimension}`);
    }
  }
  const taken = [...tenants.keys(), ...frame.anchors, ...[...frame.ownBalance.values()].flat()];
  for (const each of [frame.balance, frame.reference]) if (each !== null) taken.push(each);
  if (new Set(taken).size !== taken.length) throw new Error('a register lives in a dimension of the frame');
  if (taken.some((dimension) => dimension < 0 || dimension >= sizes.width)) throw new Error('a dimension is none of the stream');
}
