/** One side of a group of a head's dimensions, queries or keys, at one value of what it reads. */
import { floatAt } from '../../tensor/number-at.ts';
import type { Sparse } from './sparse.ts';

/** Its ideal vector, by dimension, and its errors. */
export interface Side {
  readonly vector: Sparse;
  readonly errors: Float64Array;
  /** Dimensions with an error. */
  readonly wrong: Int32Array;
  /** The Euclidean length of `errors`. */
  readonly errorLength: number;
}

/** What a side's errors are looked up by. */
export function sideErrorsOf(errors: Float64Array): Pick<Side, 'errors' | 'wrong' | 'errorLength'> {
  const wrong = new Int32Array(errors.length);
  let count = 0;
  let squares = 0;
  for (let d = 0; d < errors.length; d++) {
    const error = floatAt(errors, d);
    if (error !== 0) wrong[count++] = d;
    squares += error * error;
  }
  return {
    errors,
    wrong: wrong.subarray(0, count),
    errorLength: Math.sqrt(squares),
  };
}
