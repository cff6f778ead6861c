/** Rows of numbers, one for each position of each input, and what a model of trained weights does with them, in float64. */
import { activate } from '../../runtime/activation.ts';
import type { ModelConfig, Rotary } from '../../targets/model-config.ts';
import { floatAt } from '../../tensor/number-at.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { turnedBy } from './turned-by.ts';

export interface Rows {
  readonly count: number;
  readonly width: number;
  readonly data: Float64Array;
}

export function emptyRows(count: number, width: number): Rows {
  return { count, width, data: new Float64Array(count * width) };
}

export function rowOf({ width, data }: Rows, row: number): Float64Array {
  return data.subarray(row * width, (row + 1) * width);
}

/** Each row through a norm, as the model's norms are. */
export function normed(
  rows: Rows,
  { traits, epsilon }: Pick<ModelConfig, 'traits' | 'epsilon'>,
  gain: Float64Array,
  bias: Float64Array | undefined,
): Rows {
  const result = emptyRows(rows.count, rows.width);
  for (let row = 0; row < rows.count; row++) {
    const [from, into] = [rowOf(rows, row), rowOf(result, row)];
    let [sum, squares] = [0, 0];
    for (const x of from) {
      sum += x;
      squares += x * x;
    }
    const mean = traits.norm === 'layer-norm' ? sum / rows.width : 0;
    const scale = 1 / Math.sqrt(squares / rows.width - mean * mean + epsilon);
    for (let i = 0; i < into.length; i++) into[i] = (floatAt(from, i) - mean) * scale * floatAt(gain, i) + (bias?.[i] ?? 0);
  }
  return result;
}

/** What matrices read of each row: `[line, width]` lines, each a dot product. */
export function read(rows: Rows, lines: Tensor, bias: Tensor | undefined): Rows {
  const count = lines.data.length / rows.width;
  const result = emptyRows(rows.count, count);
  for (let row = 0; row < rows.count; row++) {
    const [from, into] = [rowOf(rows, row), rowOf(result, row)];
    for (let line = 0; line < count; line++) {
      let sum = bias === undefined ? 0 : floatAt(bias.data, line);
      for (let i = 0, at = line * rows.width; i < from.length; i++, at++) sum += floatAt(from, i) * floatAt(lines.data, at);
      into[line] = sum;
    }
  }
  return result;
}

/** The stream with what the lines, `[line, width]`, write for each row's numbers. */
export function written(stream: Rows, numbers: Rows, lines: Tensor, bias: Tensor | undefined): Rows {
  const data = stream.data.slice();
  for (let row = 0; row < stream.count; row++) {
    const into = data.subarray(row * stream.width, (row + 1) * stream.width);
    if (bias !== undefined) for (let i = 0; i < into.length; i++) into[i] = floatAt(into, i) + floatAt(bias.data, i);
    for (const [line, x] of rowOf(numbers, row).entries()) {
      if (x === 0) continue;
      for (let i = 0, at = line * stream.width; i < into.length; i++, at++) into[i] = floatAt(into, i) + x * floatAt(lines.data, at);
    }
  }
  return { ...stream, data };
}

/** Queries or keys, each head's turned by its position in its input. */
export function turnedRows(rows: Rows, lengths: readonly number[], dim: number, rotary: Rotary | null): Rows {
  if (rotary === null) return rows;
  const result = emptyRows(rows.count, rows.width);
  let row = 0;
  for (const length of lengths)
    for (let position = 0; position < length; position++, row++)
      for (let start = 0; start < rows.width; start += dim)
        rowOf(result, row).set(turnedBy(rowOf(rows, row).subarray(start, start + dim), position, rotary), start);
  return result;
}

/** What causal heads mix of values. Rows of one input follow each other; `lengths` says how many each has. */
export function attended(queries: Rows, keys: Rows, values: Rows, lengths: readonly number[], dim: number, factor: number): Rows {
  const result = emptyRows(values.count, queries.width);
  const [heads, group] = [queries.width / dim, queries.width / keys.width];
  let first = 0;
  for (const length of lengths) {
    for (let query = first; query < first + length; query++)
      for (let head = 0; head < heads; head++) {
        const of = (rows: Rows, row: number, at: number) => rowOf(rows, row).subarray(at * dim, (at + 1) * dim);
        const [own, shared] = [of(queries, query, head), Math.floor(head / group)];
        const scores = Array.from({ length: query - first + 1 }, (_, key) => {
          let sum = 0;
          const other = of(keys, first + key, shared);
          for (let i = 0; i < dim; i++) sum += floatAt(own, i) * floatAt(other, i);
          return sum * factor;
        });
        const most = Math.max(...scores);
        const shares = scores.map((score) => Math.exp(score - most));
        const all = shares.reduce((sum, share) => sum + share, 0);
        const into = of(result, query, head);
        for (const [key, share] of shares.entries()) {
          const value = of(values, first + key, shared);
          for (let i = 0; i < dim; i++) into[i] = floatAt(into, i) + (share / all) * floatAt(value, i);
        }
      }
    first += length;
  }
  return result;
}

/** @param gate what goes through the activation in a gated MLP, and multiplies the other; null in a plain one */
export function activated(up: Rows, gate: Rows | null, { traits }: Pick<ModelConfig, 'traits'>): Rows {
  const result = (gate ?? up).data.slice();
  activate(traits.activation, result, result.length);
  if (gate !== null) for (let i = 0; i < result.length; i++) result[i] = floatAt(result, i) * floatAt(up.data, i);
  return { ...up, data: result };
}
