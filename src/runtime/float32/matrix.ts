/**
 * Matrices times blocks of activations. Compiled weights are mostly zero, so a matrix keeps its non-zero entries alone, unless it is
 * dense. Activations are stored feature by feature, `[feature, token]`, so that one weight meets consecutive tokens.
 */
import type { FloatArray } from '../../tensor/dtype.ts';
import { type Arithmetic, allocate } from './arithmetic.ts';
import { denseKernel, TILE } from './dense-kernel.ts';

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

/** Some rows of a matrix that are made when they are multiplied: `[row, column]`, good until something else is made. */
export interface MadePart {
  readonly rows: number;
  make(): FloatArray;
}

/** A dense matrix that nobody holds; its parts stand one below the other. */
export type MadeMatrix = Shape & { readonly kind: 'made'; readonly columns: number; readonly parts: readonly MadePart[] };

export type Matrix =
  | MadeMatrix
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

/** Where the entries of a matrix lie: that of row r and column c is `dataOf(r)[startOf(r) + offsets[c]]`. */
export interface Entries {
  readonly rows: number;
  /** One for each column. */
  readonly offsets: Int32Array;
  dataOf(row: number): FloatArray;
  startOf(row: number): number;
}

/** All entries of `data`, `[row, column]`. */
export function rowMajor(data: FloatArray, rows: number, columns: number): Entries {
  const offsets = Int32Array.from({ length: columns }, (_, column) => column);
  return { rows, offsets, dataOf: () => data, startOf: (row) => row * columns };
}

/** The matrix with these entries. */
export function buildMatrix(arithmetic: Arithmetic, entries: Entries, biasAt: (row: number) => number = () => 0): Matrix {
  const { rows, offsets } = entries;
  const columns = offsets.length;
  const bias = allocate(arithmetic, rows);
  const starts = new Int32Array(rows + 1);
  const isRead = new Uint8Array(columns);
  for (let row = 0; row < rows; row++) {
    const data = entries.dataOf(row);
    const start = entries.startOf(row);
    bias[row] = biasAt(row);
    let count = starts[row] as number;
    for (let column = 0; column < columns; column++) {
      if (data[start + (offsets[column] as number)] === 0) continue;
      count++;
      isRead[column] = 1;
    }
    starts[row + 1] = count;
  }
  const reads = positionsOf(isRead);
  const count = starts[rows] as number;
  const isDense = count > DENSE * rows * columns;
  const columnOf = new Int32Array(isDense ? 0 : count);
  const weights = allocate(arithmetic, isDense ? rows * columns : count);
  let entry = 0;
  for (let row = 0; row < rows; row++) {
    const data = entries.dataOf(row);
    const start = entries.startOf(row);
    for (let column = 0; column < columns; column++) {
      const weight = data[start + (offsets[column] as number)] as number;
      if (weight === 0 && !isDense) continue;
      if (!isDense) columnOf[entry] = column;
      weights[entry++] = weight;
    }
  }
  if (isDense) return { kind: 'dense', rows, columns, bias, reads, weights };
  const isActive = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) isActive[row] = starts[row] !== starts[row + 1] || bias[row] !== 0 ? 1 : 0;
  return { kind: 'sparse', rows, bias, reads, active: positionsOf(isActive), starts, columns: columnOf, weights };
}

/** All entries of `weights`, `[row, column]`, taken as they are, without a bias. */
export function denseMatrix(weights: FloatArray, columns: number): Matrix {
  const rows = weights.length / columns;
  const reads = Int32Array.from({ length: columns }, (_, column) => column);
  return { kind: 'dense', rows, columns, bias: new Float64Array(rows), reads, weights };
}

/** Where the flags are 1, in order. */
export function positionsOf(flags: Uint8Array): Int32Array {
  const positions = new Int32Array(flags.reduce((sum, flag) => sum + flag, 0));
  let count = 0;
  for (let i = 0; i < flags.length; i++) if (flags[i] === 1) positions[count++] = i;
  return positions;
}

/** How many entries it has, all of them where it is dense. */
export function sizeOfMatrix(matrix: Matrix): number {
  return matrix.kind === 'made' ? matrix.rows * matrix.columns : matrix.weights.length;
}

/** The entries of a row that are not zero. */
export function entriesOf(matrix: Matrix, row: number): { readonly column: number; readonly weight: number }[] {
  if (matrix.kind === 'made') {
    let from = 0;
    const part = matrix.parts.find(({ rows }) => {
      const isHere = row < from + rows;
      if (!isHere) from += rows;
      return isHere;
    });
    return part === undefined ? [] : entriesOf(denseOf(matrix, part, from), row - from);
  }
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
  else if (matrix.kind === 'dense') multiplyDense(matrix, input, output, tokens, accumulate);
  else {
    let from = 0;
    for (const part of matrix.parts) {
      const to = from + part.rows;
      multiplyDense(denseOf(matrix, part, from), input, output.subarray(from * tokens, to * tokens), tokens, accumulate);
      from = to;
    }
  }
}

/** A part as it is now. */
export function denseOf({ columns, bias, reads }: MadeMatrix, { rows, make }: MadePart, from: number): Matrix & { kind: 'dense' } {
  return { kind: 'dense', rows, columns, bias: bias.subarray(from, from + rows), reads, weights: make() };
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

/** Tokens whose activations are laid out for the dense kernel together: few enough that they stay in the cache while every row meets them. */
const PANEL_TOKENS = 128;

/** Panels of tokens, and in each of them {@link TILE} rows at a time; both are copied to where the kernel reads them. */
function multiplyDense(
  { rows, columns, bias, weights }: Matrix & { kind: 'dense' },
  input: FloatArray,
  output: FloatArray,
  tokens: number,
  accumulate: boolean,
): void {
  const kernel = denseKernel();
  const weightsAt = columns * PANEL_TOKENS;
  const sumsAt = weightsAt + columns * TILE;
  const memory = kernel.memory(sumsAt + TILE * PANEL_TOKENS);
  for (let from = 0; from < tokens; from += PANEL_TOKENS) {
    const count = Math.min(PANEL_TOKENS, tokens - from);
    for (let column = 0; column < columns; column++) {
      for (let token = 0; token < count; token++) {
        const lane = token % TILE;
        memory[(token - lane) * columns + column * TILE + lane] = input[column * tokens + from + token] as number;
      }
    }
    for (let row = 0; row < rows; row += TILE) {
      // a last tile that is not full has what was there before in the rows that it lacks, and nobody reads their sums
      const live = Math.min(TILE, rows - row);
      layOut(weights, row * columns, columns, live, memory, weightsAt);
      kernel.multiply(0, weightsAt, sumsAt, columns, count / TILE);
      for (let r = 0; r < live; r++) {
        const constant = bias[row + r] as number;
        const to = (row + r) * tokens + from;
        for (let token = 0; token < count; token++) {
          const lane = token % TILE;
          const sum = (memory[sumsAt + (token - lane) * TILE + r * TILE + lane] as number) + constant;
          output[to + token] = accumulate ? sum + (output[to + token] as number) : sum;
        }
      }
    }
  }
}

/** Rows side by side, as the kernel reads them. */
function layOut(weights: FloatArray, from: number, columns: number, live: number, memory: Float64Array, to: number): void {
  if (live < TILE) {
    for (let r = 0; r < live; r++) {
      for (let column = 0; column < columns; column++) memory[to + column * TILE + r] = weights[from + r * columns + column] as number;
    }
    return;
  }
  // what is written lies together: twice as fast as row after row
  const [second, third, fourth] = [from + columns, from + 2 * columns, from + 3 * columns];
  for (let column = 0, at = to; column < columns; column++, at += TILE) {
    memory[at] = weights[from + column] as number;
    memory[at + 1] = weights[second + column] as number;
    memory[at + 2] = weights[third + column] as number;
    memory[at + 3] = weights[fourth + column] as number;
  }
}
