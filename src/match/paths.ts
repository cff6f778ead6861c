/** Which earlier heads a head's queries, keys and values read, from the weights: composition beside that of permuted weights. */
import type { LayerRoles } from '../runtime/layer.ts';
import type { ModelConfig } from '../targets/model-config.ts';
import type { FloatArray } from '../tensor/dtype.ts';
import { numberAt } from '../tensor/number-at.ts';
import type { Random } from '../verify/random.ts';

export type Through = 'queries' | 'keys' | 'values';

export interface Composition {
  readonly through: Through;
  /** ‖A·B‖ / (‖A‖·‖B‖), A being what the reader does with what it gets, and B what the writer makes of its input. */
  readonly strength: number;
  /** The same with the writer's output permuted over the stream's dimensions: near 1 / √width. */
  readonly chance: number;
}

/** A head's matrices, `[dim, width]` each, with the attention norm's gain in those that read. */
export type HeadMatrices = Readonly<Record<'query' | 'key' | 'value' | 'output', Rows>>;

interface Rows {
  readonly rows: Float64Array;
  /** rows · rowsᵀ */
  readonly gram: Float64Array;
}

export function matricesOf({ sizes }: ModelConfig, roles: LayerRoles, head: number): HeadMatrices {
  const { heads, kvHeads, dim, width } = sizes;
  const shared = Math.floor((head * kvHeads) / heads);
  const rows = (matrix: FloatArray | undefined, at: number, gain: FloatArray | undefined): Rows => {
    const own = Float64Array.from(matrix?.subarray(at * dim * width, (at + 1) * dim * width) ?? []);
    const read = gain === undefined ? own : own.map((x, i) => x * numberAt(gain, i % width));
    return { rows: read, gram: gram(read, dim, width) };
  };
  const gain = roles.attentionNormGain;
  return {
    query: rows(roles.query, head, gain),
    key: rows(roles.key, shared, gain),
    value: rows(roles.value, shared, gain),
    output: rows(roles.output, head, undefined),
  };
}

export function compositionsOf(reader: HeadMatrices, writer: HeadMatrices, dim: number, random: Random): Composition[] {
  const width = writer.output.rows.length / dim;
  const written = writer.value.gram;
  const whole = Math.sqrt(traceOf(writer.output.gram, written, dim));
  const order = random.shuffle(Array.from({ length: width }, (_, i) => i));
  const permuted = permutedColumns(writer.output.rows, dim, width, order);
  const ways: readonly [Through, Rows, Float64Array][] = [
    ['queries', reader.query, reader.key.gram],
    ['keys', reader.key, reader.query.gram],
    ['values', reader.value, reader.output.gram],
  ];
  return ways.map(([through, reads, outer]): Composition => {
    const scale = Math.sqrt(traceOf(outer, reads.gram, dim)) * whole;
    const strengthOf = (output: Float64Array): number => {
      // [reader's dim, writer's dim]
      const met = new Float64Array(dim * dim);
      for (let r = 0; r < dim; r++) for (let c = 0; c < dim; c++) met[r * dim + c] = dotRows(reads.rows, r, output, c, width);
      // tr(outer · met · written · metᵀ)
      let sum = 0;
      const half = product(met, written, dim);
      for (let a = 0; a < dim; a++) for (let b = 0; b < dim; b++) sum += (outer[a * dim + b] ?? 0) * dotRows(half, b, met, a, dim);
      return scale === 0 ? 0 : Math.sqrt(Math.max(0, sum)) / scale;
    };
    return { through, strength: strengthOf(writer.output.rows), chance: strengthOf(permuted) };
  });
}

function gram(rows: Float64Array, dim: number, width: number): Float64Array {
  const result = new Float64Array(dim * dim);
  for (let a = 0; a < dim; a++) for (let b = 0; b < dim; b++) result[a * dim + b] = dotRows(rows, a, rows, b, width);
  return result;
}

function dotRows(left: Float64Array, a: number, right: Float64Array, b: number, width: number): number {
  let sum = 0;
  for (let w = 0, i = a * width, j = b * width; w < width; w++) sum += (left[i + w] ?? 0) * (right[j + w] ?? 0);
  return sum;
}

/** tr(A · B) of symmetric matrices. */
function traceOf(left: Float64Array, right: Float64Array, dim: number): number {
  let sum = 0;
  for (let i = 0; i < dim * dim; i++) sum += (left[i] ?? 0) * (right[i] ?? 0);
  return sum;
}

function product(left: Float64Array, right: Float64Array, dim: number): Float64Array {
  const result = new Float64Array(dim * dim);
  for (let a = 0; a < dim; a++) {
    for (let c = 0; c < dim; c++) {
      const x = left[a * dim + c] ?? 0;
      for (let b = 0; b < dim; b++) result[a * dim + b] = (result[a * dim + b] ?? 0) + x * (right[c * dim + b] ?? 0);
    }
  }
  return result;
}

function permutedColumns(rows: Float64Array, dim: number, width: number, order: readonly number[]): Float64Array {
  const result = new Float64Array(rows.length);
  for (let d = 0; d < dim; d++)
    order.forEach((from, to) => {
      result[d * width + to] = rows[d * width + from] ?? 0;
    });
  return result;
}
