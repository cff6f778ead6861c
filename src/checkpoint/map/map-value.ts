/** Values of RASP in the circuit map: how they are read, and written. */

import { type Shape, shapeOf, wordShape } from '../json/json-shape.ts';
import { floatNumber, type JsonData, JsonNumber } from '../json/json-text.ts';
import { describeJson } from '../json/strict-json.ts';

/**
 * A value of RASP. In JSON an int is a number without fraction and exponent, a float one with (`2` and `2.0`), so that the two stay
 * apart for every reader that keeps them apart, such as Python's.
 */
export type MapValue = bigint | number | boolean | string;

export const valueShape: Shape<MapValue> = shapeOf({ type: ['string', 'number', 'boolean'] }, (tree, at, refuse) =>
  tree === undefined || tree === null || typeof tree === 'object'
    ? refuse(at, describeJson(tree), 'a string, a number, true or false')
    : tree,
);

/** The types that values have. */
export const typeShape = wordShape(['int', 'float', 'bool', 'string']);

export function valueData(value: MapValue): JsonData {
  if (typeof value === 'bigint') return new JsonNumber(String(value));
  return typeof value === 'number' ? floatNumber(value) : value;
}
