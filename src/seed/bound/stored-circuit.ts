/** Whether a model's stored weights are the circuit's, entry by entry, and nothing of others writes where it lies. */
import { forEachEntry, type Host, sizeOf, storedSlices } from '../draw/seed-tensors.ts';
import type { RoleSlice } from '../draw/slices.ts';

/** The first tensor with an entry that is another than it should be; null where there is none. @param tolerance of an entry, as a part of it */
export function strangeTensor(host: Host, slices: readonly RoleSlice[], tolerance: number): string | null {
  for (const [name, own] of storedSlices(host.config, slices)) {
    const [first] = own;
    if (first === undefined) continue;
    const values = host.values(first.tensor, 0, sizeOf(first.tensor));
    let isStrange = false;
    // where two slices meet, the later one stands
    const wanted = new Map<number, number>();
    for (const slice of own) forEachEntry(slice, (at, value) => wanted.set(at, value));
    for (const [at, value] of wanted) {
      const off = Math.abs((values[at] as number) - value);
      if (!(off <= tolerance * Math.abs(value))) isStrange = true;
    }
    if (isStrange) return name;
  }
  return null;
}
