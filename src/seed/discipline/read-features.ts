/** What a feature says at a position, and whether that is what the program says. */
import { numericValue } from '../../graph/domain.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import type { SeedFeature } from './seed-lowering.ts';

/** How far off a number may be, of the larger of 1 and itself. */
export const NUMERIC_TOLERANCE = 0.02;

/** @param numberOf the number of a form */
export function readFeature({ code }: SeedFeature, numberOf: (form: SeedFormOf) => number): Value {
  if (code.kind === 'numeric') return numberOf(code.numerator) / numberOf(code.denominator);
  const numbers = code.forms.map(numberOf);
  return code.values[numbers.indexOf(Math.max(...numbers))] as Value;
}

type SeedFormOf = Extract<SeedFeature['code'], { kind: 'numeric' }>['numerator'];

export function isRight(found: Value, expected: Value, kind: SeedFeature['code']['kind']): boolean {
  if (kind === 'categorical') return valuesEqual(found, expected);
  const number = numericValue(expected);
  return Math.abs(numericValue(found) - number) <= NUMERIC_TOLERANCE * Math.max(1, Math.abs(number));
}
