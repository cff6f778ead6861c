/** Eigenvalues and vectors of a small symmetric matrix, by Jacobi's rotations: sums, products and roots alone. */
import { floatAt } from '../../../tensor/number-at.ts';

export interface Eigen {
  readonly value: number;
  readonly vector: Float64Array;
}

const SWEEPS = 12;

/** The largest first. */
export function eigenvectors(matrix: readonly Float64Array[]): Eigen[] {
  const size = matrix.length;
  const a = matrix.map((row) => row.slice());
  const vectors = a.map((_, i) => Float64Array.from({ length: size }, (__, j) => (i === j ? 1 : 0)));
  const at = (i: number, j: number) => floatAt(a[i] as Float64Array, j);
  const mix = (x: Float64Array, y: Float64Array, cosine: number, sine: number) => {
    for (let k = 0; k < size; k++) {
      const [p, q] = [floatAt(x, k), floatAt(y, k)];
      x[k] = cosine * p - sine * q;
      y[k] = sine * p + cosine * q;
    }
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (let i = 0; i < size; i++)
      for (let j = i + 1; j < size; j++) {
        if (at(i, j) === 0) continue;
        const ratio = (at(j, j) - at(i, i)) / (2 * at(i, j));
        const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.sqrt(ratio * ratio + 1));
        const cosine = 1 / Math.sqrt(tangent * tangent + 1);
        const sine = tangent * cosine;
        mix(a[i] as Float64Array, a[j] as Float64Array, cosine, sine);
        for (const row of a) {
          const [p, q] = [floatAt(row, i), floatAt(row, j)];
          row[i] = cosine * p - sine * q;
          row[j] = sine * p + cosine * q;
        }
        mix(vectors[i] as Float64Array, vectors[j] as Float64Array, cosine, sine);
      }
  return vectors.map((vector, i) => ({ value: at(i, i), vector })).sort((x, y) => y.value - x.value);
}
