/** A score that falls with the distance, as the turning pairs of a head make it. */
import type { RotaryPair } from '../../placement/head-layout.ts';

export interface RecencyTerms {
  /** What the score is at distance 0 above what it is meant to be. */
  readonly middle: number;
  /** The query's two numbers in each pair; the key's are 1 and 0. */
  readonly terms: readonly { readonly pair: RotaryPair; readonly cosine: number; readonly sine: number }[];
}

/** Keeps weights small where several pairs do nearly the same. */
const RIDGE = 1e-6;
const known = new Map<string, RecencyTerms>();

/** The sum of sines and cosines nearest to a line that falls by `slope` a position, over a context; around its middle, so that none is large. */
export function recencyTerms(pairs: readonly RotaryPair[], slope: number, context: number): RecencyTerms {
  const key = `${slope} ${context} ${pairs.map(({ frequency }) => frequency).join()}`;
  const found = known.get(key) ?? nearestLine(pairs, slope, context);
  known.set(key, found);
  return found;
}

function nearestLine(pairs: readonly RotaryPair[], slope: number, context: number): RecencyTerms {
  const count = 2 * pairs.length;
  const middle = (slope * (context - 1)) / 2;
  const basis = (distance: number): number[] =>
    pairs.flatMap(({ frequency }) => [Math.cos(frequency * distance), Math.sin(frequency * distance)]);
  const matrix = Array.from({ length: count }, () => new Float64Array(count + 1));
  for (let d = 0; d < context; d++) {
    const values = basis(d);
    const wanted = middle - slope * d;
    for (let i = 0; i < count; i++) {
      const row = matrix[i] as Float64Array;
      for (let j = 0; j < count; j++) row[j] = (row[j] as number) + (values[i] as number) * (values[j] as number);
      row[count] = (row[count] as number) + (values[i] as number) * wanted;
    }
  }
  for (let i = 0; i < count; i++) (matrix[i] as Float64Array)[i] = ((matrix[i] as Float64Array)[i] as number) + RIDGE * context;
  const weights = solve(matrix);
  return {
    middle,
    terms: pairs.map((pair, p) => ({ pair, cosine: weights[2 * p] as number, sine: -(weights[2 * p + 1] as number) })),
  };
}

/** Gaussian elimination with pivots; the last column is the right side. */
function solve(matrix: Float64Array[]): Float64Array {
  const count = matrix.length;
  for (let i = 0; i < count; i++) {
    let pivot = i;
    for (let r = i + 1; r < count; r++) if (Math.abs(matrix[r]?.[i] as number) > Math.abs(matrix[pivot]?.[i] as number)) pivot = r;
    [matrix[i], matrix[pivot]] = [matrix[pivot] as Float64Array, matrix[i] as Float64Array];
    const own = matrix[i] as Float64Array;
    for (let r = 0; r < count; r++) {
      if (r === i) continue;
      const row = matrix[r] as Float64Array;
      const factor = (row[i] as number) / (own[i] as number);
      if (factor !== 0) for (let c = i; c <= count; c++) row[c] = (row[c] as number) - factor * (own[c] as number);
    }
  }
  return Float64Array.from(matrix, (row, i) => (row[count] as number) / (row[i] as number));
}
