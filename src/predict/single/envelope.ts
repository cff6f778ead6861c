/** Forms of many values at once: ten thousand logits that read a few dimensions each would be bounded at ten thousand values each. */
import type { Form, Term } from '../../circuit/circuit.ts';

/** Logits times the terms of each beyond which they are bounded together. */
const MANY = 2 ** 13;
/** More terms than this in all: codes of a dimension for each of many values, of which the largest of all weights would say too much. */
const MOST_TERMS = 64;

/** Whether they are better bounded together. */
export function areMany(forms: readonly Form[]): boolean {
  const length = forms.reduce((most, { terms }) => Math.max(most, terms.length), 0);
  if (forms.length * length <= MANY) return false;
  const read = new Map<Term['register'], Set<number>>();
  let count = 0;
  for (const { terms } of forms) {
    for (const { register, feature } of terms) {
      const own = read.get(register) ?? new Set();
      read.set(register, own);
      if (!own.has(feature) && ++count > MOST_TERMS) return false;
      own.add(feature);
    }
  }
  return true;
}

/**
 * For each feature that any form reads its largest absolute weight: no form is further off than this one, which is as large at every value.
 */
export function envelopeOf(forms: readonly Form[]): Form {
  const largest = new Map<Term['register'], Map<number, number>>();
  for (const { register, feature, weight } of forms.flatMap(({ terms }) => terms)) {
    const own = largest.get(register) ?? new Map<number, number>();
    largest.set(register, own);
    own.set(feature, Math.max(own.get(feature) ?? 0, Math.abs(weight)));
  }
  return {
    constant: forms.reduce((most, { constant }) => Math.max(most, Math.abs(constant)), 0),
    terms: [...largest].flatMap(([register, own]) => [...own].map(([feature, weight]) => ({ register, feature, weight }))),
  };
}
