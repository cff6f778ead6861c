/**
 * The least change of a matrix that makes it say something else on given rows, and what it said on all that is at right angles to them: least
 * squares with a little ridge, by Cholesky's decomposition.
 */
import { floatAt } from '../../tensor/number-at.ts';
import { emptyRows, type Rows, rowOf } from './rows.ts';

/** Beside the mean square of the rows' numbers: directions in which they hold less than its root are as good as empty. */
const RIDGE = 1e-6;

/** The D, `[feature, column]`, of least length for which features · D is about the given residual, `[row, column]`. */
export type LeastChange = (residual: Rows) => Rows;

/** @param features `[row, feature]` */
export function leastChange(features: Rows, ridge = RIDGE): LeastChange {
  const { count, width, data } = features;
  const mean = data.reduce((sum, x) => sum + x * x, 0) / Math.min(count, width);
  // the smaller of XᵀX and XXᵀ
  const isTall = count >= width;
  const size = isTall ? width : count;
  const lines = isTall ? transposed(features) : features;
  const gram = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const a = rowOf(lines, i);
    for (let j = 0; j <= i; j++) {
      const b = rowOf(lines, j);
      let sum = i === j ? ridge * mean : 0;
      for (let k = 0; k < a.length; k++) sum += floatAt(a, k) * floatAt(b, k);
      gram[i * size + j] = sum;
    }
  }
  decompose(gram, size);
  return (residual) => {
    if (isTall) return solved(gram, size, product(lines, residual));
    return product(transposed(features), solved(gram, size, residual));
  };
}

/** The lower triangle becomes that of L, L·Lᵀ being what it was. */
function decompose(matrix: Float64Array, size: number): void {
  for (let j = 0; j < size; j++) {
    const own = matrix.subarray(j * size, j * size + j);
    let pivot = floatAt(matrix, j * size + j);
    for (const x of own) pivot -= x * x;
    const root = Math.sqrt(Math.max(pivot, Number.MIN_VALUE));
    matrix[j * size + j] = root;
    for (let i = j + 1; i < size; i++) {
      let sum = floatAt(matrix, i * size + j);
      for (let k = 0, at = i * size; k < own.length; k++, at++) sum -= floatAt(matrix, at) * floatAt(own, k);
      matrix[i * size + j] = sum / root;
    }
  }
}

function solved(lower: Float64Array, size: number, right: Rows): Rows {
  const data = right.data.slice();
  const { width } = right;
  const at = (row: number) => data.subarray(row * width, (row + 1) * width);
  const take = (row: number, other: number, share: number) => {
    const [into, from] = [at(row), at(other)];
    for (let i = 0; i < width; i++) into[i] = floatAt(into, i) - share * floatAt(from, i);
  };
  const divide = (row: number) => {
    const into = at(row);
    for (let i = 0; i < width; i++) into[i] = floatAt(into, i) / floatAt(lower, row * size + row);
  };
  for (let row = 0; row < size; row++) {
    for (let other = 0; other < row; other++) take(row, other, floatAt(lower, row * size + other));
    divide(row);
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let other = row + 1; other < size; other++) take(row, other, floatAt(lower, other * size + row));
    divide(row);
  }
  return { count: size, width, data };
}

function product(a: Rows, b: Rows): Rows {
  const result = emptyRows(a.count, b.width);
  for (let row = 0; row < a.count; row++) {
    const into = rowOf(result, row);
    for (const [k, x] of rowOf(a, row).entries()) {
      if (x === 0) continue;
      const from = rowOf(b, k);
      for (let i = 0; i < into.length; i++) into[i] = floatAt(into, i) + x * floatAt(from, i);
    }
  }
  return result;
}

function transposed({ count, width, data }: Rows): Rows {
  const result = emptyRows(width, count);
  for (let row = 0; row < count; row++) for (let i = 0; i < width; i++) result.data[i * count + row] = floatAt(data, row * width + i);
  return result;
}
