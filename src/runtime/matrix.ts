/**
 * Matrices times blocks of activations. Compiled weights are mostly zero, so a matrix keeps its non-zero entries alone, unless it is
 * dense. Activations are stored feature by feature, `[feature, token]`, so that one weight meets consecutive tokens.
 */
import type { FloatArray } from '../tensor/dtype.ts';
import { type Arithmetic, allocate } from './arithmetic.ts';

/** Tokens are processed in groups of this many: a block's token count is a multiple of it. */
export const LANES = 8;

/** Above this part of non-zero entries the dense kernel is faster. */
const DENSE = 0.3;

interface Shape {
  readonly rows: number;
  /** Added to each row. */
  readonly bias: FloatArray;
  /** Features that some entry reads, in order. */
  readonly reads: Int32Array;
}

export type Matrix =
  | (Shape & { readonly kind: 'dense'; readonly columns: number; readonly weights: FloatArray })
  | (Shape & {
      readonly kind: 'sparse';
      /** Rows that do anything when their result is added to something: those with an entry or a bias. */
      readonly active: Int32Array;
      /** Entries of row r are `starts[r]` to `starts[r + 1]`. */
      readonly starts: Int32Array;
      readonly columns: Int32Array;
      readonly weights: FloatArray;
    });

/** The matrix with these entries. */
export function buildMatrix(
  arithmetic: Arithmetic,
  rows: number,
  columns: number,
  weightAt: (row: number, column: number) => number,
  biasAt: (row: number) => number = () => 0,
): Matrix {
  const bias = allocate(arithmetic, rows);
  const starts = new Int32Array(rows + 1);
  const isRead = new Uint8Array(columns);
  for (let row = 0; row < rows; row++) {
    bias[row] = biasAt(row);
    let entries = starts[row] as number;
    for (let column = 0; column < columns; column++) {
      if (weightAt(row, column) === 0) continue;
      entries++;
      isRead[column] = 1;
    }
    starts[row + 1] = entries;
  }
  const reads = Int32Array.from(isRead.keys()).filter((column) => isRead[column] === 1);
  const count = starts[rows] as number;
  if (count > DENSE * rows * columns) {
    const weights = allocate(arithmetic, rows * columns);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) weights[row * columns + column] = weightAt(row, column);
    return { kind: 'dense', rows, columns, bias, reads, weights };
  }
  const columnOf = new Int32Array(count);
  const weights = allocate(arithmetic, count);
  let entry = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const weight = weightAt(row, column);
      if (weight === 0) continue;
      columnOf[entry] = column;
      weights[entry++] = weight;
    }
  }
  const active = Int32Array.from({ length: rows }, (_, row) => row).filter((row) => starts[row] !== starts[row + 1] || bias[row] !== 0);
  return { kind: 'sparse', rows, bias, reads, active, starts, columns: columnOf, weights };
}

/** The entries of a row that are not zero. */
export function entriesOf(matrix: Matrix, row: number): { readonly column: number; readonly weight: number }[] {
  if (matrix.kind === 'dense') {
    return Array.from(matrix.weights.subarray(row * matrix.columns, (row + 1) * matrix.columns), (weight, column) => ({
      column,
      weight,
    })).filter(({ weight }) => weight !== 0);
  }
  const from = matrix.starts[row] as number;
  return Array.from(matrix.columns.subarray(from, matrix.starts[row + 1]), (column, i) => ({
    column,
    weight: matrix.weights[from + i] as number,
  }));
}

/** `output = matrix · input + bias`, or `output += …`; `tokens` is a multiple of {@link LANES}. */
export function multiply(matrix: Matrix, input: FloatArray, output: FloatArray, tokens: number, accumulate: boolean): void {
  if (matrix.kind === 'sparse') multiplySparse(matrix, input, output, tokens, accumulate);
  else multiplyDense(matrix, input, output, tokens, accumulate);
}

function multiplySparse(
  { rows, bias, active, starts, columns, weights }: Matrix & { kind: 'sparse' },
  input: FloatArray,
  output: FloatArray,
  tokens: number,
  accumulate: boolean,
): void {
  const count = accumulate ? active.length : rows;
  for (let index = 0; index < count; index++) {
    const row = accumulate ? (active[index] as number) : index;
    const from = starts[row] as number;
    const to = starts[row + 1] as number;
    const constant = bias[row] as number;
    for (let token = 0; token < tokens; token += LANES) {
      let s0 = constant;
      let s1 = constant;
      let s2 = constant;
      let s3 = constant;
      let s4 = constant;
      let s5 = constant;
      let s6 = constant;
      let s7 = constant;
      for (let n = from; n < to; n++) {
        const weight = weights[n] as number;
        const at = (columns[n] as number) * tokens + token;
        s0 += weight * (input[at] as number);
        s1 += weight * (input[at + 1] as number);
        s2 += weight * (input[at + 2] as number);
        s3 += weight * (input[at + 3] as number);
        s4 += weight * (input[at + 4] as number);
        s5 += weight * (input[at + 5] as number);
        s6 += weight * (input[at + 6] as number);
        s7 += weight * (input[at + 7] as number);
      }
      const at = row * tokens + token;
      if (accumulate) {
        s0 += output[at] as number;
        s1 += output[at + 1] as number;
        s2 += output[at + 2] as number;
        s3 += output[at + 3] as number;
        s4 += output[at + 4] as number;
        s5 += output[at + 5] as number;
        s6 += output[at + 6] as number;
        s7 += output[at + 7] as number;
      }
      output[at] = s0;
      output[at + 1] = s1;
      output[at + 2] = s2;
      output[at + 3] = s3;
      output[at + 4] = s4;
      output[at + 5] = s5;
      output[at + 6] = s6;
      output[at + 7] = s7;
    }
  }
}

/** Tiles of four rows and four tokens, so that a loaded number is used four times. */
function multiplyDense(
  { rows, columns, bias, weights }: Matrix & { kind: 'dense' },
  input: FloatArray,
  output: FloatArray,
  tokens: number,
  accumulate: boolean,
): void {
  for (let row = 0; row < rows; row += 4) {
    // a last tile that is not full computes its last row several times over
    const row1 = Math.min(row + 1, rows - 1);
    const row2 = Math.min(row + 2, rows - 1);
    const row3 = Math.min(row + 3, rows - 1);
    const w0 = row * columns;
    const w1 = row1 * columns;
    const w2 = row2 * columns;
    const w3 = row3 * columns;
    for (let token = 0; token < tokens; token += 4) {
      let a0 = 0;
      let a1 = 0;
      let a2 = 0;
      let a3 = 0;
      let b0 = 0;
      let b1 = 0;
      let b2 = 0;
      let b3 = 0;
      let c0 = 0;
      let c1 = 0;
      let c2 = 0;
      let c3 = 0;
      let d0 = 0;
      let d1 = 0;
      let d2 = 0;
      let d3 = 0;
      for (let column = 0, at = token; column < columns; column++, at += tokens) {
        const x0 = input[at] as number;
        const x1 = input[at + 1] as number;
        const x2 = input[at + 2] as number;
        const x3 = input[at + 3] as number;
        const a = weights[w0 + column] as number;
        const b = weights[w1 + column] as number;
        const c = weights[w2 + column] as number;
        const d = weights[w3 + column] as number;
        a0 += a * x0;
        a1 += a * x1;
        a2 += a * x2;
        a3 += a * x3;
        b0 += b * x0;
        b1 += b * x1;
        b2 += b * x2;
        b3 += b * x3;
        c0 += c * x0;
        c1 += c * x1;
        c2 += c * x2;
        c3 += c * x3;
        d0 += d * x0;
        d1 += d * x1;
        d2 += d * x2;
        d3 += d * x3;
      }
      const left = rows - row;
      store(output, row * tokens + token, bias[row] as number, a0, a1, a2, a3, accumulate);
      if (left > 1) store(output, row1 * tokens + token, bias[row1] as number, b0, b1, b2, b3, accumulate);
      if (left > 2) store(output, row2 * tokens + token, bias[row2] as number, c0, c1, c2, c3, accumulate);
      if (left > 3) store(output, row3 * tokens + token, bias[row3] as number, d0, d1, d2, d3, accumulate);
    }
  }
}

function store(output: FloatArray, at: number, bias: number, s0: number, s1: number, s2: number, s3: number, accumulate: boolean): void {
  output[at] = s0 + bias + (accumulate ? (output[at] as number) : 0);
  output[at + 1] = s1 + bias + (accumulate ? (output[at + 1] as number) : 0);
  output[at + 2] = s2 + bias + (accumulate ? (output[at + 2] as number) : 0);
  output[at + 3] = s3 + bias + (accumulate ? (output[at + 3] as number) : 0);
}
