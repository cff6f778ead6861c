/** A seeded model's tensors before they are written: drawn as the stock class draws them, with the circuits' slices written over. */
import { isLayerRole, type ModelConfig, rolePart, type StoredTensor, storedTensors } from '../../targets/model-config.ts';
import type { InitRules } from '../../targets/target.ts';
import { encode } from '../../tensor/dtype.ts';
import { type PartPlace, parseLayout, partPlaces } from '../../tensor/layout.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';
import { drawNormal } from './draw-tensor.ts';
import { drawOf } from './init-rules.ts';
import { type RoleSlice, rangesOf } from './slices.ts';
import { storedSlice } from './stored-units.ts';

/** A slice within one stored tensor, in the numbers that are stored. */
export interface StoredSlice {
  readonly slice: RoleSlice;
  readonly tensor: StoredTensor;
  readonly place: PartPlace;
}

/** Where each slice lies: those of one stored tensor together. */
export function storedSlices(config: ModelConfig, slices: readonly RoleSlice[]): Map<string, StoredSlice[]> {
  const placed = new Map<string, StoredSlice[]>();
  for (const tensor of storedTensors(config)) {
    const { holds, layout } = tensor.spec;
    const own = slices.filter(({ role, layer }) => holds.includes(role) && layer === (isLayerRole(role) ? tensor.layer : null));
    if (own.length === 0) continue;
    const places = partPlaces(
      parseLayout(layout),
      holds.map((role) => rolePart(role, config.sizes)),
    );
    placed.set(
      tensor.name,
      own.map((slice) => ({ slice: storedSlice(slice, config), tensor, place: places[holds.indexOf(slice.role)] as PartPlace })),
    );
  }
  return placed;
}

/** Calls `visit` for every entry: its place in the stored tensor, and its value. */
export function forEachEntry({ slice, place }: StoredSlice, visit: (at: number, value: number) => void): void {
  const { indices, value } = slice;
  const walk = (axis: number, at: number, index: readonly number[]): void => {
    const stride = place.strides[axis] as number;
    for (const i of indices[axis] as readonly number[]) {
      const next = [...index, i];
      if (axis === indices.length - 1) visit(at + i * stride, value(...next));
      else walk(axis + 1, at + i * stride, next);
    }
  };
  walk(0, place.offset, []);
}

/** The same entries as ranges along the stored axes: they are their product. A vector has rows only. */
export function storedRanges({ slice, tensor, place }: StoredSlice): { rows: [number, number][]; cols: [number, number][] } {
  const rowStride = tensor.shape.length === 1 ? 1 : (tensor.shape[1] as number);
  const along = (axis: 'row' | 'column'): number[] => {
    let places = [axis === 'row' ? Math.floor(place.offset / rowStride) : place.offset % rowStride];
    for (const [a, indices] of slice.indices.entries()) {
      const stride = place.strides[a] as number;
      const isRow = tensor.shape.length === 1 || stride >= rowStride;
      if (isRow !== (axis === 'row')) continue;
      const step = tensor.shape.length === 1 || !isRow ? stride : stride / rowStride;
      places = places.flatMap((at) => indices.map((i) => at + i * step));
    }
    return places.sort((a, b) => a - b);
  };
  return { rows: rangesOf(along('row')), cols: tensor.shape.length === 1 ? [] : rangesOf(along('column')) };
}

/** Where the values of a tensor come from before the circuits are written over them. */
export interface Host {
  readonly config: ModelConfig;
  /** Whether it is drawn anew, so that what its initialisation says of it holds. */
  readonly isDrawn: boolean;
  /** A tensor's values, row-major: `count` of them from the one at `from` on, in `into` if the host can put them there. */
  values(tensor: StoredTensor, from: number, count: number, into?: Float32Array): Float32Array;
  /** What becomes of a tensor's values, or of whole rows of it, once the circuits are written over them. */
  finish?(tensor: StoredTensor, values: Float32Array): void;
}

export interface DrawnModel {
  readonly config: ModelConfig;
  readonly rules: InitRules;
  /** The config's `initializer_range`. */
  readonly range: number;
  readonly seed: number;
}

/** How many values a tensor has. */
export function sizeOf({ shape }: Pick<StoredTensor, 'shape'>): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** A model that is drawn as the stock class draws it. */
export function drawnHost({ config, rules, range, seed }: DrawnModel): Host {
  return {
    config,
    isDrawn: true,
    values(tensor, from, count, into = new Float32Array(count)) {
      const draws = tensor.spec.holds.map((role: ModelRole | LayerRole) => drawOf(role, rules, range, config.sizes));
      const [draw] = draws;
      if (draw === undefined || draws.some((other) => JSON.stringify(other) !== JSON.stringify(draw))) {
        throw new Error(`\`${tensor.name}\` holds roles that are drawn in different ways`);
      }
      if (draw.kind === 'normal') return drawNormal(seed, tensor.name, from, into, draw.deviation);
      return into.fill(draw.value + (tensor.spec.offset ?? 0));
    },
  };
}

/** Writes slices over a tensor's values. */
export function writeOver(values: Float32Array, slices: readonly StoredSlice[]): void {
  for (const slice of slices) {
    forEachEntry(slice, (at, value) => {
      values[at] = value;
    });
  }
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The values as they are stored, without a copy where the machine stores them so. */
export function float32Bytes(values: Float32Array): Uint8Array {
  return LITTLE_ENDIAN ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength) : encode('f32', values);
}
