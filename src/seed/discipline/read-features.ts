/** What a feature says at a position, and whether that is what the program says. */
import { codeEntry } from '../../codes/token-code.ts';
import { numericValue } from '../../graph/domain.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import { NO_TOKEN } from '../../graph/whole-token.ts';
import type { SeedFeature } from './export-features.ts';

/** How far off a number may be, of the larger of 1 and itself. */
export const NUMERIC_TOLERANCE = 0.02;

/** Neurons without biases write so much quieter where the stream is loud; where there is no token, entries are nothing. */
const LEAST_LOUD = 0.25;

/** @param numberOf the number of a form */
export function readFeature({ code }: SeedFeature, numberOf: (form: SeedFormOf) => number): Value {
  if (code.kind === 'numeric') return numberOf(code.numerator) / numberOf(code.denominator);
  const numbers = code.forms.map(numberOf);
  if (code.kind === 'token') return nearestToken(code, numbers);
  return code.values[numbers.indexOf(Math.max(...numbers))] as Value;
}

/** Of the tokens that are known of the one whose code it is, or none of them. */
function nearestToken({ codes, values }: Extract<SeedFeature['code'], { kind: 'token' }>, entries: readonly number[]): Value {
  const { code, ids } = codes;
  let best: Value = NO_TOKEN;
  let highest = LEAST_LOUD * code.length;
  for (const [v, value] of values.entries()) {
    const product = entries.reduce((sum, entry, d) => sum + entry * codeEntry(code, ids[v] ?? 0, d), 0);
    if (product > highest) [best, highest] = [value, product];
  }
  return best;
}

type SeedFormOf = Extract<SeedFeature['code'], { kind: 'numeric' }>['numerator'];

export function isRight(found: Value, expected: Value, kind: SeedFeature['code']['kind']): boolean {
  // of a token that is not there a program may say 0
  if (kind === 'token') return valuesEqual(found, expected === 0n ? NO_TOKEN : expected);
  if (kind === 'categorical') return valuesEqual(found, expected);
  const number = numericValue(expected);
  return Math.abs(numericValue(found) - number) <= NUMERIC_TOLERANCE * Math.max(1, Math.abs(number));
}
