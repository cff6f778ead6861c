/** Matrices and norms for one token alone: the same sums as those of a block, in the same order. */
import type { FloatArray } from '../../tensor/dtype.ts';
import type { Matrix } from '../float32/matrix.ts';
import { isNormal, type Norm } from '../norm.ts';

/** `output = matrix · input + bias`, or `output += …`. */
export function multiplyOne(matrix: Matrix, input: FloatArray, output: FloatArray, accumulate: boolean): void {
  if (matrix.kind === 'sparse') multiplySparse(matrix, input, output, accumulate);
  else if (matrix.kind === 'dense') multiplyDense(matrix, input, output, accumulate);
  else throw new Error('a matrix that is made anew each time is not for one token');
}

function multiplySparse(matrix: Matrix & { kind: 'sparse' }, input: FloatArray, output: FloatArray, accumulate: boolean): void {
  const { rows, bias, active, starts, columns, weights } = matrix;
  const count = accumulate ? active.length : rows;
  for (let index = 0; index < count; index++) {
    const row = accumulate ? (active[index] as number) : index;
    const to = starts[row + 1] as number;
    let sum = bias[row] as number;
    for (let n = starts[row] as number; n < to; n++) sum += (weights[n] as number) * (input[columns[n] as number] as number);
    output[row] = accumulate ? sum + (output[row] as number) : sum;
  }
}

function multiplyDense(matrix: Matrix & { kind: 'dense' }, input: FloatArray, output: FloatArray, accumulate: boolean): void {
  const { rows, columns, bias, weights } = matrix;
  for (let row = 0, at = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++, at++) sum += (weights[at] as number) * (input[column] as number);
    sum += bias[row] as number;
    output[row] = accumulate ? sum + (output[row] as number) : sum;
  }
}

/** As `normalize`, for one token. */
export function normalizeOne(norm: Norm, input: FloatArray, output: FloatArray, needed: Int32Array): boolean {
  const { kind, gain, bias, epsilon } = norm;
  const width = gain.length;
  let mean = 0;
  if (kind === 'layer-norm') {
    for (let feature = 0; feature < width; feature++) mean += input[feature] as number;
    mean /= width;
  }
  let squares = 0;
  for (let feature = 0; feature < width; feature++) {
    const centred = (input[feature] as number) - mean;
    squares += centred * centred;
  }
  const scale = 1 / Math.sqrt(squares / width + epsilon);
  for (let index = 0; index < needed.length; index++) {
    const feature = needed[index] as number;
    output[feature] = ((input[feature] as number) - mean) * scale * (gain[feature] as number) + (bias[feature] as number);
  }
  return isNormal(squares);
}
