/**
 * What a group of a head's dimensions adds to the error of its scores where there are too many pairs of values to look at each: from the vectors of
 * each side, and the largest numbers and errors of the other in each dimension.
 */
import { floatAt, indexAt } from '../../tensor/number-at.ts';
import type { InheritedScoreError } from './inherited-error.ts';
import type { Side } from './side.ts';

/** Pairs of values times dimensions beyond which pairs are not looked at: some tenths of a second. */
const MOST_PRODUCTS = 2 ** 25;
const MOST_PAIRS = 2 ** 21;
/** Codes of more dimensions than this have one for each of many values, which the largest of all values would say too much of. */
const MOST_DIMENSIONS = 128;

export function hasTooManyPairs(queries: readonly Side[], keys: readonly Side[]): boolean {
  const dimensions = keys[0]?.errors.length ?? 0;
  const pairs = queries.length * keys.length;
  return dimensions <= MOST_DIMENSIONS && (pairs > MOST_PAIRS || pairs * dimensions > MOST_PRODUCTS);
}

/** At least what comparing all pairs gives. */
export function boundSides(queries: readonly Side[], keys: readonly Side[]): InheritedScoreError {
  const [ofQueries, ofKeys] = [extentOf(queries), extentOf(keys)];
  const sum =
    most(queries, (query) => along(query, ofKeys.errors)) +
    most(keys, (key) => along(key, ofQueries.errors)) +
    most(queries, ({ errorLength }) => errorLength) * most(keys, ({ errorLength }) => errorLength);
  const any = sum * (1 + SLACK);
  const magnitude = Math.min(
    most(queries, (query) => along(query, ofKeys.numbers)),
    most(keys, (key) => along(key, ofQueries.numbers)),
    most(queries, length) * most(keys, length),
  );
  const products = Math.min(
    most(queries, ({ vector }) => vector.indices.length),
    most(keys, ({ vector }) => vector.indices.length),
  );
  return { selected: any, any, magnitude: magnitude * (1 + SLACK), products, lost: { apart: 2 * any, closer: any } };
}

/** For the rounding of a square root and of sums of some hundred numbers. */
const SLACK = 2 ** -40;

/** The largest number and error of any side in each dimension, absolute. */
interface Extent {
  readonly numbers: Float64Array;
  readonly errors: Float64Array;
}

function extentOf(sides: readonly Side[]): Extent {
  const dimensions = sides[0]?.errors.length ?? 0;
  const [numbers, errors] = [new Float64Array(dimensions), new Float64Array(dimensions)];
  for (const side of sides) {
    for (let i = 0; i < side.vector.indices.length; i++) {
      const dimension = indexAt(side.vector.indices, i);
      numbers[dimension] = Math.max(floatAt(numbers, dimension), Math.abs(floatAt(side.vector.numbers, i)));
    }
    for (let i = 0; i < side.wrong.length; i++) {
      const dimension = indexAt(side.wrong, i);
      errors[dimension] = Math.max(floatAt(errors, dimension), floatAt(side.errors, dimension));
    }
  }
  return { numbers, errors };
}

/** The sum of a side's absolute numbers, each times that of its dimension. */
function along({ vector }: Side, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.indices.length; i++)
    sum += Math.abs(floatAt(vector.numbers, i)) * floatAt(weights, indexAt(vector.indices, i));
  return sum;
}

function length({ vector }: Side): number {
  return Math.sqrt(vector.numbers.reduce((sum, number) => sum + number * number, 0));
}

function most(sides: readonly Side[], sizeOf: (side: Side) => number): number {
  return sides.reduce((largest, side) => Math.max(largest, sizeOf(side)), 0);
}
