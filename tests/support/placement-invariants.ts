/** What every placement has to keep, whatever the program and target: order, and a place of its own for everything. */
import { expect } from 'vitest';
import type { Component, Register } from '../../src/circuit/circuit.ts';
import { registersIn, registersRead, registersWritten } from '../../src/circuit/dataflow.ts';
import { grouped } from '../../src/passes/grouped.ts';
import type { Placement } from '../../src/placement/placement.ts';
import type { Traits } from '../../src/targets/target.ts';

/**
 * Nothing is read before it is written, and nothing shares a dimension, a head or a neuron with anything else: but for dimensions that have been
 * cleared, once nobody reads them any more and before anyone writes there again.
 */
export function expectSound({ circuit, layers, dimensions, lifetimes, frame, sizes }: Placement, { residual }: Traits): void {
  // In a parallel block both sublayers read what the layers before have left.
  const sublayers = residual === 'sequential' ? 2 : 1;
  const written = new Map<Register, number>(circuit.embeddings.map(({ register }) => [register, -1]));
  const placed: Component[] = [];
  const lastReads = new Map<Register, number>();
  const cleared = new Map<Register, number>();
  for (const [layer, { heads, groups, clears, neurons }] of layers.entries()) {
    expect(heads.length).toBeLessThanOrEqual(sizes.heads);
    expect(neurons).toBeLessThanOrEqual(sizes.hidden);
    const ranges = [...groups, ...clears];
    expect(ranges.map((g) => g.from)).toEqual([0, ...ranges.map((g) => g.to)].slice(0, ranges.length));
    for (const { register, from, to } of clears) {
      expect(to - from).toBe(2 * register.features.length);
      expect(lifetimes.get(register)?.cleared).toBe(layer);
      cleared.set(register, sublayers * layer + sublayers - 1);
    }
    const parts = [heads.flatMap((h) => h.components), groups.map((g) => g.group)];
    for (const [sublayer, components] of parts.entries()) {
      const time = sublayers * layer + (sublayers === 1 ? 0 : sublayer);
      for (const component of components) {
        for (const register of registersRead(component)) {
          expect(written.get(register), register.name).toBeLessThan(time);
          lastReads.set(register, time);
        }
        placed.push(component);
      }
      if (sublayers === 2) note(components, time);
    }
    if (sublayers === 1) note(parts.flat(), layer);
  }
  expect(new Set(placed)).toEqual(new Set(circuit.components));
  expect(placed.length).toBe(circuit.components.length);
  for (const readout of circuit.readouts) {
    const forms = readout.kind === 'numeric' ? [readout.form] : readout.logits.map((l) => l.form);
    for (const register of registersIn(forms)) {
      expect(written.has(register), register.name).toBe(true);
      expect(cleared.has(register), register.name).toBe(false);
    }
  }
  for (const [register, time] of cleared) {
    expect(written.get(register), register.name).toBeLessThan(time);
    expect(lastReads.get(register) ?? -1, register.name).toBeLessThanOrEqual(time);
  }
  const living = [...dimensions].flatMap(([register, own]) => own.map((dimension) => ({ register, dimension })));
  const byDimension = grouped(living, ({ dimension }) => dimension);
  for (const tenants of byDimension.values()) {
    tenants.sort((a, b) => (written.get(a.register) as number) - (written.get(b.register) as number));
    for (const [i, { register }] of tenants.slice(0, -1).entries()) {
      const next = tenants[i + 1]?.register as Register;
      expect(cleared.get(register), register.name).toBeLessThan(written.get(next) as number);
    }
  }
  const taken = [...byDimension.keys()];
  taken.push(...frame.anchors, ...[...frame.ownBalance.values()].flat(), ...(frame.reference === null ? [] : [frame.reference]));
  if (frame.balance !== null) taken.push(frame.balance);
  expect(new Set(taken).size).toBe(taken.length);
  expect(Math.min(...taken)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...taken)).toBeLessThan(sizes.width);

  function note(components: readonly Component[], time: number): void {
    for (const component of components) for (const register of registersWritten(component)) written.set(register, time);
  }
}
