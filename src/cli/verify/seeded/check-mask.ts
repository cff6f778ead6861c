/** Whether freeze.safetensors of a seeded folder holds the entries that its map programs, and no others. */
import type { SeedMap, SeedSlice } from '../../../checkpoint/map/seed/seed-map.ts';
import { openTensorFile } from '../../../checkpoint/safetensors/tensor-store.ts';
import { DiagnosticError } from '../../../diagnostics/diagnostic.ts';
import { FREEZE_FILE } from '../../../seed/write/pack-seed.ts';
import type { ModelFolder } from '../../../source/byte-source.ts';

/** What is wrong with the mask, in words; null where nothing is, or there is none and the map names none. */
export function maskFault(folder: ModelFolder, map: SeedMap): string | null {
  const source = folder.open(FREEZE_FILE);
  if (source === null) return map.files.some(({ path }) => path === FREEZE_FILE) ? 'is missing' : null;
  const slices = new Map<string, SeedSlice[]>();
  for (const slice of map.circuits.flatMap((circuit) => circuit.slices))
    slices.set(slice.tensor, [...(slices.get(slice.tensor) ?? []), slice]);
  try {
    const store = openTensorFile(source, FREEZE_FILE);
    const foreign = [...store.tensors.keys()].find((name) => !slices.has(name));
    if (foreign !== undefined) return `is of another model: it has \`${foreign}\`, in which nothing is programmed`;
    let [held, missing, other] = [0, 0, 0];
    for (const [name, own] of slices) {
      const tensor = store.tensors.get(name);
      if (tensor === undefined) return `is of another model: it has no \`${name}\``;
      const mask = store.read(tensor);
      const wanted = markOf(own, tensor.shape, mask.length);
      if (wanted === null) return `is of another model: \`${name}\` has the shape [${tensor.shape}]`;
      for (const [i, entry] of mask.entries()) {
        if (entry !== 0) held++;
        if (entry !== 0 && wanted[i] === 0) other++;
        if (entry === 0 && wanted[i] === 1) missing++;
      }
    }
    if (held === 0) return 'is all zeros, so that training with it holds nothing';
    if (missing + other > 0) return `holds ${other} entries that are not programmed, and lets go of ${missing} that are`;
    return null;
  } catch (fault) {
    if (fault instanceof DiagnosticError) return `cannot be read: ${fault.diagnostics[0]?.message ?? ''}`;
    throw fault;
  }
}

/** 1 where some slice programs an entry; null where a slice does not lie in the tensor. */
function markOf(slices: readonly SeedSlice[], shape: readonly number[], length: number): Uint8Array | null {
  const width = shape[1] ?? 1;
  const mark = new Uint8Array(length);
  for (const { rows, cols } of slices) {
    for (const [fromRow = 0, toRow = 0] of rows) {
      if (toRow > (shape[0] ?? 0)) return null;
      for (const [from = 0, to = 0] of cols.length === 0 ? [[0, 1]] : cols) {
        if (to > width) return null;
        for (let row = fromRow; row < toRow; row++) mark.fill(1, row * width + from, row * width + to);
      }
    }
  }
  return mark;
}
