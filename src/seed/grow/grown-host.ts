/**
 * A model made larger, as the host of circuits: every entry of before in its place, norms corrected for the width, and 0 in all that is new. Where
 * norms take a mean off, what is new holds the mean of what was there, so that the mean of all is what it was.
 */
import { type ModelConfig, roleAxes, rolePart, type StoredTensor, storedTensors } from '../../targets/model-config.ts';
import { type PartPlace, parseLayout, partPlaces } from '../../tensor/layout.ts';
import type { LayerRole, ModelRole } from '../../weights/roles.ts';
import type { Host } from '../draw/seed-tensors.ts';
import { embeddingCorrection, normCorrection } from './growth.ts';

/** Where the rows and columns of a stored tensor come from; -1: they are new. */
interface Origin {
  readonly old: StoredTensor;
  readonly rows: Int32Array;
  readonly cols: Int32Array;
}

/** What writes the stream. */
const WRITERS: ReadonlySet<ModelRole | LayerRole> = new Set([
  'tokenEmbedding',
  'positionEmbedding',
  'typeEmbedding',
  'output',
  'outputBias',
  'down',
  'downBias',
] as const);

export function grownHost(host: Host, config: ModelConfig): Host {
  const { sizes: from } = host.config;
  const correction = normCorrection(from, config.sizes);
  const embedding = embeddingCorrection(host.config, config);
  const olds = new Map(Array.from(storedTensors(host.config), (tensor) => [tensor.name, tensor]));
  const known = new Map<string, Origin>();
  const originOf = (tensor: StoredTensor): Origin => {
    // layers are alike
    const key = tensor.spec.name;
    const old = olds.get(tensor.name) ?? [...olds.values()].find(({ spec }) => spec.name === key);
    if (old === undefined) throw new Error(`the model had no \`${tensor.name}\``);
    const found = known.get(key) ?? originsOf(old, tensor, host.config, config);
    known.set(key, found);
    return { ...found, old };
  };
  const newDims = config.sizes.width - from.width;
  const grown: Host = {
    config,
    isDrawn: false,
    values(tensor, start, count, into = new Float32Array(count)) {
      const { old, rows, cols } = originOf(tensor);
      const width = tensor.shape[1] ?? 1;
      const oldWidth = old.shape[1] ?? 1;
      const firstRow = start / width;
      const isPart = count !== rows.length * width;
      // only tables are read by rows, and their rows are what they were
      const source = isPart
        ? host.values(old, firstRow * oldWidth, (count / width) * oldWidth)
        : host.values(old, 0, rows.length === 0 ? 0 : sizeOf(old));
      const [role] = tensor.spec.holds;
      const offset = tensor.spec.offset ?? 0;
      const isGain = role?.endsWith('NormGain') && roleAxes(role).includes('width');
      const factor =
        role === 'queryNormGain'
          ? Math.sqrt(from.dim / config.sizes.dim)
          : isGain
            ? correction.gain * (role === 'finalNormGain' ? embedding.output : 1)
            : role === 'tokenEmbedding'
              ? embedding.table
              : 1;
      into.fill(isGain ? offset + (role === 'finalNormGain' && config.tied ? 0 : 1) : 0);
      for (let r = 0; r < count / width; r++) {
        const from = isPart ? r : (rows[r] as number);
        if (from < 0) continue;
        for (let c = 0; c < width; c++) {
          const at = cols[c] as number;
          if (at < 0) continue;
          const value = source[from * oldWidth + at] as number;
          into[r * width + c] = factor === 1 ? value : (value - offset) * factor + offset;
        }
      }
      return into;
    },
  };
  if (config.traits.norm !== 'layer-norm' || newDims === 0) return grown;
  return { ...grown, finish: (tensor, values) => carryMean(tensor, values, from.width, config) };
}

function sizeOf({ shape }: StoredTensor): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Adds to every new dimension of what writes the stream the mean of the old ones. */
function carryMean(tensor: StoredTensor, values: Float32Array, old: number, { sizes: { width } }: ModelConfig): void {
  if (!tensor.spec.holds.some((role) => WRITERS.has(role))) return;
  const isTransposed = tensor.shape.length === 2 && tensor.spec.layout.startsWith('width ');
  const lines = values.length / width;
  const [step, stride] = isTransposed ? [lines, 1] : [1, width];
  for (let line = 0; line < lines; line++) {
    let sum = 0;
    for (let d = 0; d < old; d++) sum += values[line * stride + d * step] as number;
    const mean = sum / old;
    for (let d = old; d < width; d++) {
      const at = line * stride + d * step;
      values[at] = (values[at] as number) + mean;
    }
  }
}

/** Where each row and column of a tensor is now, and how large that is. */
interface MovedPlaces extends Pick<Origin, 'rows' | 'cols'> {
  readonly shape: readonly number[];
}

/** Where the rows and columns of a tensor of before are now; null of a tensor that there was not. */
export function movedPlaces(before: ModelConfig, after: ModelConfig): (tensor: string) => MovedPlaces | null {
  const olds = new Map(Array.from(storedTensors(before), (tensor) => [tensor.name, tensor]));
  const news = new Map(Array.from(storedTensors(after), (tensor) => [tensor.name, tensor]));
  return (name) => {
    const [old, now] = [olds.get(name), news.get(name)];
    if (old === undefined || now === undefined) return null;
    const { rows, cols } = originsOf(old, now, before, after);
    return { rows: inverse(rows, old.shape[0] ?? 1), cols: inverse(cols, old.shape[1] ?? 1), shape: now.shape };
  };
}

function inverse(from: Int32Array, count: number): Int32Array {
  const places = new Int32Array(count);
  for (const [at, old] of from.entries()) if (old >= 0) places[old] = at;
  return places;
}

function originsOf(old: StoredTensor, tensor: StoredTensor, before: ModelConfig, after: ModelConfig): Origin {
  const { holds, layout } = tensor.spec;
  const places = (config: ModelConfig): PartPlace[] =>
    partPlaces(
      parseLayout(layout),
      holds.map((role) => rolePart(role, config.sizes)),
    );
  const [then, now] = [places(before), places(after)];
  const rows = new Int32Array(tensor.shape[0] ?? 1).fill(-1);
  const cols = new Int32Array(tensor.shape[1] ?? 1).fill(tensor.shape.length === 1 ? 0 : -1);
  for (const [p, role] of holds.entries()) {
    const { axes, shape: shapeBefore } = rolePart(role, before.sizes);
    // between two dimensions of a head there are new ones: pairs then turn as they did
    const steps = axes.map((axis) => (axis === 'dim' ? after.sizes.dim / before.sizes.dim : 1));
    const oldPlace = then[p] as PartPlace;
    const newPlace = now[p] as PartPlace;
    for (const axis of tensor.shape.length === 1 ? (['row'] as const) : (['row', 'col'] as const)) {
      const oldAt = alongAxis(oldPlace, shapeBefore, old.shape, axis);
      const spaced = { ...newPlace, strides: newPlace.strides.map((stride, a) => stride * (steps[a] as number)) };
      const newAt = alongAxis(spaced, shapeBefore, tensor.shape, axis);
      const into = axis === 'row' ? rows : cols;
      for (const [i, at] of newAt.entries()) into[at] = oldAt[i] as number;
    }
  }
  return { old, rows, cols };
}

/** The places along a stored axis of a part's entries below `shape`, in the order of their indices. */
function alongAxis({ offset, strides }: PartPlace, shape: readonly number[], stored: readonly number[], axis: 'row' | 'col'): number[] {
  const rowStride = stored.length === 1 ? 1 : (stored[1] as number);
  let places = [axis === 'row' ? Math.floor(offset / rowStride) : offset % rowStride];
  for (const [a, length] of shape.entries()) {
    const stride = strides[a] as number;
    const isRow = stored.length === 1 || stride >= rowStride;
    if (isRow !== (axis === 'row')) continue;
    const step = stored.length > 1 && isRow ? stride / rowStride : stride;
    places = places.flatMap((at) => Array.from({ length }, (_, i) => at + i * step));
  }
  return places;
}

/** The tensors of which entries are new, or corrected: all the others have every bit that they had. */
export function widenedTensors(before: ModelConfig, after: ModelConfig): string[] {
  const shapes = new Map(Array.from(storedTensors(before), ({ name, shape }) => [name, shape.join()]));
  return Array.from(storedTensors(after))
    .filter(({ name, shape }) => shapes.get(name) !== shape.join())
    .map(({ name }) => name);
}
