/** How far the programmed entries and the heads' matrices went from where they were seeded, and who reads what the circuits write. */
import type { SeedMap } from '../checkpoint/map/seed/seed-map.ts';
import { readWeightValues } from '../checkpoint/safetensors/tensor-store.ts';
import { type OpenCheckpoint, readRoles } from '../checkpoint/unpack-checkpoint.ts';
import { philox } from '../seed/draw/philox.ts';
import { isLayerRole } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import type { LayerRole } from '../weights/roles.ts';
import { PARTS, type Part, type ProgrammedEntries } from './programmed-parts.ts';

export interface EntriesDrift {
  readonly part: Part;
  readonly entries: number;
  readonly moved: number;
  /** To the seeded ones; null where those were 0. */
  readonly cosine: number | null;
  /** Their norm beside that of the seeded ones. */
  readonly size: number | null;
}

export function compareEntries(checkpoint: OpenCheckpoint, entries: readonly ProgrammedEntries[]): EntriesDrift[] {
  const sums = new Map(PARTS.map((part) => [part, { entries: 0, moved: 0, cross: 0, before: 0, now: 0 }]));
  for (const { name, located } of checkpoint.tensors) {
    const own = entries.filter(({ tensor }) => tensor === name);
    if (own.length === 0) continue;
    const values = readWeightValues(checkpoint.store, located);
    for (const { part, at, seeded } of own) {
      const sum = sums.get(part) as { entries: number; moved: number; cross: number; before: number; now: number };
      at.forEach((place, i) => {
        const [then, now] = [seeded[i] as number, values[place] as number];
        sum.entries++;
        if (then !== now) sum.moved++;
        sum.cross += then * now;
        sum.before += then * then;
        sum.now += now * now;
      });
    }
  }
  return [...sums].flatMap(([part, { entries: count, moved, cross, before, now }]) =>
    count === 0
      ? []
      : [
          {
            part,
            entries: count,
            moved,
            cosine: before === 0 ? null : now === 0 ? 0 : cross / Math.sqrt(before * now),
            size: before === 0 ? null : Math.sqrt(now / before),
          },
        ],
  );
}

type Roles = Partial<Record<LayerRole, FloatArray>>;

function rolesOf(checkpoint: OpenCheckpoint, layer: number): Roles {
  const roles: Roles = {};
  for (const tensor of checkpoint.tensors) {
    if (tensor.layer !== layer) continue;
    for (const { role, data } of readRoles(checkpoint, tensor)) if (isLayerRole(role)) roles[role] = data;
  }
  return roles;
}

export interface HeadDrift {
  readonly name: string;
  readonly layer: number;
  readonly head: number;
  /** Cosines of the query-key and value-output matrices, [width, width] each, to the seeded ones, the norm's gain included. */
  readonly queryKey: number;
  readonly valueOutput: number;
}

export function compareHeads(map: SeedMap, original: OpenCheckpoint, checkpoint: OpenCheckpoint): HeadDrift[] {
  const { width, dim, heads, kvHeads } = checkpoint.config.sizes;
  return [...new Set(map.heads.map(({ layer }) => layer))].flatMap((layer) => {
    const [then, now] = [rolesOf(original, layer), rolesOf(checkpoint, layer)];
    return map.heads
      .filter((record) => record.layer === layer)
      .map(({ name, head }) => {
        const kvHead = Math.floor(head / (heads / kvHeads));
        const block = (roles: Roles, role: 'query' | 'key' | 'value' | 'output', number: number): Float64Array => {
          const gain = role === 'output' ? null : (roles.attentionNormGain as FloatArray);
          const rows = (roles[role] as FloatArray).subarray(number * dim * width, (number + 1) * dim * width);
          return Float64Array.from(rows, (value, i) => value * (gain === null ? 1 : (gain[i % width] as number)));
        };
        const product = (a: 'query' | 'value', b: 'key' | 'output'): number => {
          const [leftAt, rightAt] = a === 'query' ? [head, kvHead] : [kvHead, head];
          return productCosine(
            [block(then, a, leftAt), block(then, b, rightAt)],
            [block(now, a, leftAt), block(now, b, rightAt)],
            dim,
            width,
          );
        };
        return { name, layer, head, queryKey: product('query', 'key'), valueOutput: product('value', 'output') };
      });
  });
}

/** Cosine of AᵀB and CᵀD, all [dim, width], without either product: ⟨AᵀB, CᵀD⟩ = Σ (ACᵀ)∘(BDᵀ). Nothing and nothing are alike. */
export function productCosine(
  [a, b]: readonly [Float64Array, Float64Array],
  [c, d]: readonly [Float64Array, Float64Array],
  dim: number,
  width: number,
): number {
  const inner = (p: Float64Array, q: Float64Array, r: Float64Array, s: Float64Array): number => {
    let total = 0;
    for (let i = 0; i < dim; i++) {
      for (let j = 0; j < dim; j++) total += rowDot(p, r, i, j, width) * rowDot(q, s, i, j, width);
    }
    return total;
  };
  const [then, now] = [inner(a, b, a, b), inner(c, d, c, d)];
  // a head that has no scores, and still has none, is as it was
  if (then === 0 || now === 0) return then === now ? 1 : 0;
  return inner(a, b, c, d) / Math.sqrt(then * now);
}

function rowDot(a: Float64Array, b: Float64Array, i: number, j: number, width: number): number {
  let sum = 0;
  for (let w = 0; w < width; w++) sum += (a[i * width + w] as number) * (b[j * width + w] as number);
  return sum;
}

export interface Reader {
  readonly layer: number;
  /** A head by its number, or the layer's neurons. */
  readonly head: number | 'mlp';
  /** How strongly it reads what circuits write, beside random directions of the stream: 1 is chance. */
  readonly strength: number;
  /** In deviations of the random directions. */
  readonly deviations: number;
}

const DIRECTIONS = 48;
/** Deviations from which a reader is told. */
const NOTED = 4;

/**
 * Composition scores (Elhage et al. 2021): the size of what a head's queries, keys and values, or a layer's neurons, make of the dimensions that
 * circuits write, beside the same of random directions.
 *
 * @param dims those that circuits write, with the layer after which they hold it
 */
export function readersOf(
  map: SeedMap,
  checkpoint: OpenCheckpoint,
  written: readonly { readonly dims: readonly number[]; readonly after: number }[],
): Reader[] {
  const { width, dim, heads, kvHeads, layers, hidden } = checkpoint.config.sizes;
  const first = Math.min(...written.map(({ after }) => after));
  const directions = Array.from({ length: DIRECTIONS }, (_, n) => randomDirection(width, n));
  const readers: Reader[] = [];
  for (let layer = first; layer < layers; layer++) {
    const dims = [...new Set(written.filter(({ after }) => after <= layer).flatMap((each) => each.dims))];
    if (dims.length === 0) continue;
    const roles = rolesOf(checkpoint, layer);
    const score = (head: Reader['head'], parts: readonly [FloatArray, number, number][], gain: FloatArray): void => {
      const own =
        dims.map((each) => energyOf(parts, gain, width, (w) => (w === each ? 1 : 0), each)).reduce((a, b) => a + b, 0) / dims.length;
      const random = directions.map((direction) => energyOf(parts, gain, width, (w) => direction[w] as number, null));
      const mean = random.reduce((a, b) => a + b, 0) / random.length;
      const spread = Math.sqrt(random.reduce((sum, each) => sum + (each - mean) ** 2, 0) / random.length / dims.length);
      const deviations = spread === 0 ? 0 : (own - mean) / spread;
      if (deviations >= NOTED) readers.push({ layer, head, strength: Math.sqrt(own / mean), deviations });
    };
    const gain = roles.attentionNormGain as FloatArray;
    for (let head = 0; head < heads; head++) {
      if (map.heads.some((each) => each.layer === layer && each.head === head)) continue;
      const kvHead = Math.floor(head / (heads / kvHeads));
      const rows = (role: 'query' | 'key' | 'value', number: number): [FloatArray, number, number] => [
        roles[role] as FloatArray,
        number * dim,
        dim,
      ];
      score(head, [rows('query', head), rows('key', kvHead), rows('value', kvHead)], gain);
    }
    const neurons = [roles.gate, roles.up].filter((each) => each !== undefined);
    score(
      'mlp',
      neurons.map((each) => [each, 0, hidden]),
      (roles.mlpNormGain ?? gain) as FloatArray,
    );
  }
  return readers.sort((a, b) => b.deviations - a.deviations);
}

/** The square of what rows of matrices make of a direction; of one dimension without looking at the others. */
function energyOf(
  parts: readonly [FloatArray, number, number][],
  gain: FloatArray,
  width: number,
  direction: (w: number) => number,
  only: number | null,
): number {
  let energy = 0;
  for (const [matrix, from, count] of parts) {
    for (let row = from; row < from + count; row++) {
      let sum = 0;
      if (only !== null) sum = (matrix[row * width + only] as number) * (gain[only] as number);
      else for (let w = 0; w < width; w++) sum += (matrix[row * width + w] as number) * (gain[w] as number) * direction(w);
      energy += sum * sum;
    }
  }
  return energy;
}

function randomDirection(width: number, number: number): Float64Array {
  const words = new Uint32Array(4);
  const values = Float64Array.from({ length: width }, (_, w) => {
    philox(w, number, 7, words);
    // the sum of four evenly distributed numbers is near enough to a normal one
    return words.reduce((sum, word) => sum + word / 2 ** 32, -2);
  });
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return values.map((value) => value / norm);
}
