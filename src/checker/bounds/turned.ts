/**
 * What is added where the checked weights are those of a model whose stream or heads were turned by orthogonal matrices and then rounded: each
 * computation there is the one here, of turned vectors, so that an error has a length in place of one number a dimension. Every bound is by
 * Cauchy and Schwarz: a sum of n products of two vectors, rounded in any order, is off by at most n·u times their lengths.
 */
import { numberAt } from '../../tensor/number-at.ts';
import { SAFETY, UNIT } from './rounding.ts';

export interface Turned {
  readonly stream: boolean;
  /** Values by any orthogonal matrix; queries and keys alike. */
  readonly heads: boolean;
}

/** Five of the norm, and one of storing the row; what the matrices are short of being orthogonal by is asked to be far below a part of one. */
const READ_ROUNDINGS = 6 + 2 ** -6;
/** Of storing what writes, of the products, and of adding a bias. */
const WRITE_ROUNDINGS = 3;

/** How far off a row of length 1 reads a vector of length 1, at most. */
export function readingError(width: number): number {
  return SAFETY * (width + READ_ROUNDINGS) * UNIT;
}

/** How far off what is written is, as a length: a sum of `terms` vectors, `total` their lengths. */
export function writingError(terms: number, total: number, biasLength: number): number {
  return SAFETY * UNIT * ((terms + WRITE_ROUNDINGS) * total + 2 * biasLength);
}

export function lengthOf(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += numberAt(vector, i) ** 2;
  return Math.sqrt(sum);
}
