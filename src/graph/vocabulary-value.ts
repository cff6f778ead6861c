/** Tokens as a vocabulary has them. */
import { valueText } from './evaluate/values/python-text.ts';
import { type Value, valuesEqual } from './value.ts';

/** The vocabulary's own value for a token: equal to it, or its text where tokens are strings, as `tokens` reads numbers. */
export function vocabularyValue(vocabulary: readonly Value[], token: Value): Value | undefined {
  return vocabulary.find((known) => valuesEqual(known, token)) ?? vocabulary.find((known) => known === valueText(token));
}
