/** How far the programmed entries and the heads' matrices went from where they were seeded, and who reads what the circuits write. */
import type { SeedMap } from '../checkpoint/map/seed/seed-map.ts';
import { readWeightValues } from '../checkpoint/safetensors/tensor-store.ts';
import { type OpenCheckpoint, readRoles } from '../checkpoint/unpack-checkpoint.ts';
import { denseMatrix, multiply } from '../runtime/float32/matrix.ts';
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

/** Whole lanes of the runtime's matrices. */
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
    const score = (head: Reader['head'], parts: readonly (readonly Energies[])[]): void => {
      const sums = parts.flat();
      const own = sums.reduce((sum, each) => sum + each.own, 0) / dims.length;
      const random = directions.map((_, n) => sums.reduce((sum, { random }) => sum + (random[n] as number), 0));
      const mean = random.reduce((a, b) => a + b, 0) / random.length;
      const spread = Math.sqrt(random.reduce((sum, each) => sum + (each - mean) ** 2, 0) / random.length / dims.length);
      const deviations = spread === 0 ? 0 : (own - mean) / spread;
      if (deviations >= NOTED) readers.push({ layer, head, strength: Math.sqrt(own / mean), deviations });
    };
    const gain = roles.attentionNormGain as FloatArray;
    const of = (matrix: FloatArray | undefined, norm: FloatArray, size: number): Energies[] =>
      matrix === undefined ? [] : energiesOf(matrix, norm, directions, dims, size);
    const [queries, keys, values] = (['query', 'key', 'value'] as const).map((role) => of(roles[role], gain, dim)) as [
      Energies[],
      Energies[],
      Energies[],
    ];
    for (let head = 0; head < heads; head++) {
      if (map.heads.some((each) => each.layer === layer && each.head === head)) continue;
      const kvHead = Math.floor(head / (heads / kvHeads));
      score(head, [queries.slice(head, head + 1), keys.slice(kvHead, kvHead + 1), values.slice(kvHead, kvHead + 1)]);
    }
    const norm = (roles.mlpNormGain ?? gain) as FloatArray;
    score('mlp', [of(roles.gate, norm, hidden), of(roles.up, norm, hidden)]);
  }
  return readers.sort((a, b) => b.deviations - a.deviations);
}

/** The squares of what some rows of a matrix make of directions: of those that circuits write all together, of random ones each. */
interface Energies {
  readonly own: number;
  readonly random: Float64Array;
}

/**
 * Of a `[row, width]` matrix behind a norm, for each `size` rows of it.
 *
 * @param dims the directions that circuits write
 */
function energiesOf(
  matrix: FloatArray,
  gain: FloatArray,
  directions: readonly Float64Array[],
  dims: readonly number[],
  size: number,
): Energies[] {
  const width = gain.length;
  const rows = matrix.length / width;
  const input = new Float64Array(width * directions.length);
  for (const [n, direction] of directions.entries())
    for (let w = 0; w < width; w++) input[w * directions.length + n] = (gain[w] as number) * (direction[w] as number);
  const made = new Float64Array(rows * directions.length);
  multiply(denseMatrix(matrix, width), input, made, directions.length, false);
  return Array.from({ length: rows / size }, (_, block) => {
    let own = 0;
    const random = new Float64Array(directions.length);
    for (let row = block * size; row < (block + 1) * size; row++) {
      for (const each of dims) own += ((matrix[row * width + each] as number) * (gain[each] as number)) ** 2;
      for (let n = 0; n < directions.length; n++) random[n] = (random[n] as number) + (made[row * directions.length + n] as number) ** 2;
    }
    return { own, random };
  });
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
