/** Orthogonal matrices drawn at random: any, those that keep the mean of a vector, and those that rotary positions do not notice. */
import type { Random } from '../../verify/random.ts';
import { dot, drawVector } from './draw-numbers.ts';

/** Rows are orthonormal: `turned = rows · vector`. */
export type Orthogonal = readonly Float64Array[];

/** Gram and Schmidt, twice, which is enough (Giraud, Langou and Rozložník 2005, "Rounding error analysis of the classical Gram-Schmidt"). */
function orthonormal(first: readonly Float64Array[], count: number, size: number, random: Random): Float64Array[] {
  const rows = [...first];
  while (rows.length < count) {
    const row = drawVector(random, size);
    for (let pass = 0; pass < 2; pass++) {
      for (const known of rows) {
        const share = dot(known, row);
        for (let i = 0; i < size; i++) row[i] = (row[i] as number) - share * (known[i] as number);
      }
      const length = Math.sqrt(dot(row, row));
      for (let i = 0; i < size; i++) row[i] = (row[i] as number) / length;
    }
    rows.push(row);
  }
  return rows;
}

/** So many at right angles, of length 1; `centred`: whose entries add up to 0. */
export function drawDirections(count: number, size: number, centred: boolean, random: Random): Float64Array[] {
  const ones = new Float64Array(size).fill(1 / Math.sqrt(size));
  return centred ? orthonormal([ones], count + 1, size, random).slice(1) : orthonormal([], count, size, random);
}

export function drawOrthogonal(size: number, random: Random): Orthogonal {
  return orthonormal([], size, size, random);
}

/** Of those that map the vector of ones to itself: the mean of a vector stays, and with it what a LayerNorm takes off. */
export function drawMeanKeeping(size: number, random: Random): Orthogonal {
  const ones = new Float64Array(size).fill(1 / Math.sqrt(size));
  const [from, to] = [orthonormal([ones], size, size, random), orthonormal([ones], size, size, random)];
  // Σ to_k from_kᵀ
  return Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (_, j) => from.reduce((sum, row, k) => sum + (to[k]?.[i] as number) * (row[j] as number), 0)),
  );
}

/**
 * Of queries and keys whose first `turning` dimensions turn with the position, i with i + turning/2: each such pair by an angle of its own,
 * which commutes with its turning; the others by any matrix.
 */
export function drawCommuting(size: number, turning: number, random: Random): Orthogonal {
  const rows = Array.from({ length: size }, () => new Float64Array(size));
  const half = turning / 2;
  for (let first = 0; first < half; first++) {
    const [x, y] = drawVector(random, 2) as unknown as [number, number];
    const length = Math.sqrt(x * x + y * y) || 1;
    const [cosine, sine] = [length === 1 && x === 0 && y === 0 ? 1 : x / length, y / length];
    const [a, b] = [rows[first] as Float64Array, rows[first + half] as Float64Array];
    [a[first], a[first + half], b[first], b[first + half]] = [cosine, -sine, sine, cosine];
  }
  for (const [i, row] of drawOrthogonal(size - turning, random).entries()) (rows[turning + i] as Float64Array).set(row, turning);
  return rows;
}

export function applied(matrix: Orthogonal, vector: Float64Array): Float64Array {
  return Float64Array.from(matrix, (row) => dot(row, vector));
}

/** The largest entry of `M·Mᵀ - 1`: how far from orthogonal the matrix is, as its numbers stand. */
export function defectOf(matrix: Orthogonal): number {
  let most = 0;
  for (const [i, a] of matrix.entries())
    for (const [j, b] of matrix.entries()) most = Math.max(most, Math.abs(dot(a, b) - (i === j ? 1 : 0)));
  return most;
}
