/** What a seed changes in a model, tensor by tensor, free of roles and layouts: what a block file holds and a checkpoint is given. */
import type { SeedSlice } from '../../checkpoint/map/seed/seed-map.ts';
import type { TensorToWrite } from '../../checkpoint/safetensors/write-safetensors.ts';
import type { ModelConfig, StoredTensor } from '../../targets/model-config.ts';
import { forEachEntry, type StoredSlice, storedRanges, storedSlices } from '../draw/seed-tensors.ts';
import type { RoleSlice } from '../draw/slices.ts';

/** Rows and columns of a stored tensor, and what they become. */
export interface Change extends SeedSlice {
  /** Row-major over the rows and columns listed; null: all 0. */
  readonly values: (() => Float32Array) | null;
}

export function changesOf(config: ModelConfig, slices: readonly RoleSlice[]): Change[] {
  return [...storedSlices(config, slices).values()].flat().map((stored) => ({
    tensor: stored.tensor.name,
    ...storedRanges(stored),
    values: stored.slice.purpose === 'cleared' ? null : () => denseValues(stored),
  }));
}

/** The number of entries that ranges cover. */
export function coverage(ranges: readonly (readonly number[])[]): number {
  return ranges.reduce((sum, [from = 0, to = 0]) => sum + to - from, 0);
}

function denseValues(stored: StoredSlice): Float32Array {
  const { rows, cols } = storedRanges(stored);
  const width = stored.tensor.shape[1] ?? 1;
  const columns = cols.length === 0 ? [[0, 1]] : cols;
  const rowAt = placesOf(rows, stored.tensor.shape[0] as number);
  const columnAt = placesOf(columns, width);
  const count = coverage(columns);
  const values = new Float32Array(coverage(rows) * count);
  forEachEntry(stored, (at, value) => {
    values[(rowAt[Math.floor(at / width)] as number) * count + (columnAt[at % width] as number)] = value;
  });
  return values;
}

/** For each index that the ranges cover, how many covered ones come before it. */
function placesOf(ranges: readonly (readonly number[])[], length: number): Int32Array {
  const places = new Int32Array(length);
  let next = 0;
  for (const [from = 0, to = 0] of ranges) for (let i = from; i < to; i++) places[i] = next++;
  return places;
}

/**
 * Writes a change over a tensor's values, or over those rows of it that are there.
 *
 * @param width the length of the tensor's second axis; 1 for a vector
 */
export function applyChange(
  { rows, cols, values }: Change,
  target: { [index: number]: number },
  width: number,
  there = { from: 0, to: Number.POSITIVE_INFINITY },
): void {
  const columns = cols.length === 0 ? [[0, 1]] : cols;
  const count = coverage(columns);
  const source = values?.() ?? null;
  let before = 0;
  for (const [fromRow = 0, toRow = 0] of rows) {
    const first = Math.max(fromRow, there.from);
    let at = (before + first - fromRow) * count;
    for (let row = first; row < Math.min(toRow, there.to); row++) {
      for (const [from = 0, to = 0] of columns) {
        const start = (row - there.from) * width;
        for (let column = from; column < to; column++) target[start + column] = source === null ? 0 : (source[at++] as number);
      }
    }
    before += toRow - fromRow;
  }
}

/** freeze.safetensors: for each tensor with programmed entries a mask of its shape, 1 where an entry is programmed. */
export function freezeTensors(changes: readonly Change[], tensors: ReadonlyMap<string, Pick<StoredTensor, 'shape'>>): TensorToWrite[] {
  const programmed = new Map<string, Change[]>();
  for (const change of changes) {
    if (change.values !== null) programmed.set(change.tensor, [...(programmed.get(change.tensor) ?? []), change]);
  }
  return [...programmed].map(([name, own]) => {
    const { shape } = tensors.get(name) as StoredTensor;
    const width = shape[1] ?? 1;
    const rows = shape[0] as number;
    const masks = function* (step: number): Iterable<Uint8Array> {
      for (let from = 0; from < rows; from += step) {
        const to = Math.min(rows, from + step);
        const mask = new Uint8Array((to - from) * width);
        for (const change of own) markRanges(mask, change, width, { from, to });
        yield mask;
      }
    };
    return {
      name,
      dtype: 'U8' as const,
      shape,
      bytes: () => {
        const [whole] = masks(rows);
        return whole ?? new Uint8Array();
      },
      pieces: () => masks(Math.max(1, Math.floor(PIECE / width))),
    };
  });
}

/** Entries of a mask that are made at once. */
const PIECE = 2 ** 22;

/** A change whose values are computed once. */
export function readOnce(change: Change): Change {
  if (change.values === null) return change;
  const values = change.values();
  return { ...change, values: () => values };
}

function markRanges(
  mask: Uint8Array,
  { rows, cols }: SeedSlice,
  width: number,
  there: { readonly from: number; readonly to: number },
): void {
  for (const [fromRow = 0, toRow = 0] of rows) {
    for (let row = Math.max(fromRow, there.from); row < Math.min(toRow, there.to); row++) {
      const start = (row - there.from) * width;
      for (const [from = 0, to = 0] of cols.length === 0 ? [[0, 1]] : cols) mask.fill(1, start + from, start + to);
    }
  }
}
