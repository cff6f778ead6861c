/** A vector without its zeros, in two plain arrays: there may be as many vectors as values, and as many numbers in each. */
import { floatAt, indexAt } from '../../tensor/number-at.ts';

export interface Sparse {
  /** Ascending. */
  readonly indices: Int32Array;
  readonly numbers: Float64Array;
}

export function emptySparse(count: number): Sparse {
  return { indices: new Int32Array(count), numbers: new Float64Array(count) };
}

/** Of so many numbers those that are not 0. */
export function sparseOf(length: number, numberAt: (index: number) => number): Sparse {
  let count = 0;
  for (let index = 0; index < length; index++) if (numberAt(index) !== 0) count++;
  const sparse = emptySparse(count);
  for (let index = 0, at = 0; at < count; index++) {
    const number = numberAt(index);
    if (number !== 0) setSparse(sparse, at++, index, number);
  }
  return sparse;
}

export function setSparse({ indices, numbers }: Sparse, at: number, index: number, number: number): void {
  indices[at] = index;
  numbers[at] = number;
}

export function isSameSparse(one: Sparse, other: Sparse): boolean {
  if (one.indices.length !== other.indices.length) return false;
  for (let i = 0; i < one.indices.length; i++)
    if (indexAt(one.indices, i) !== indexAt(other.indices, i) || floatAt(one.numbers, i) !== floatAt(other.numbers, i)) return false;
  return true;
}
