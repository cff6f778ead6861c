/** Where a circuit goes wrong, in words: for the report of a terminal and for pages. */
import type { Place } from '../../checkpoint/map/circuit-map.ts';
import type { Value } from '../../graph/value.ts';
import type { WrongVariable } from './trace.ts';

/** `layer 0 attention`. */
export function placeText({ layer, sublayer }: Place): string {
  return sublayer === 'embedding' ? 'the embedding' : `layer ${layer} ${sublayer}`;
}

/** Which variable is wrong first, where, what it is and what it should be; `show` writes a value. */
export function wrongText({ name, place, position, expected, nearest }: WrongVariable, show: (value: Value) => string): string {
  const where = position < 0 ? 'at BOS' : `at position ${position}`;
  const is = nearest.length === 0 ? 'nothing that it can be' : nearest.map(show).slice(0, 3).join(' or ');
  const should = expected === null ? '' : `, and should be ${show(expected)}`;
  return `${name || 'BOS'} after ${placeText(place)}, ${where}: it is ${is}${should}`;
}
