/** Arithmetic of linear forms over registers. */
import type { Form, Register, Term } from './circuit.ts';
import { spend } from './effort.ts';

export function constantForm(constant: number): Form {
  return { constant, terms: [] };
}

/** `Σ weight × form + constant`, terms on the same dimension added up, zeros dropped. */
export function combineForms(parts: readonly { readonly form: Form; readonly weight: number }[], constant = 0): Form {
  let total = constant;
  const terms: { register: Register; feature: number; weight: number }[] = [];
  const known = new Map<number, { weight: number }>();
  for (const { form, weight } of parts) {
    spend(TURNS_A_TERM * form.terms.length);
    total += weight * form.constant;
    for (const { register, feature, weight: own } of form.terms) {
      // by a number: forms have thousands of terms, and texts for all of them take longer than the sums
      const key = register.id * MOST_FEATURES + feature;
      const term = known.get(key);
      if (term !== undefined) term.weight += weight * own;
      else {
        const first = { register, feature, weight: weight * own };
        known.set(key, first);
        terms.push(first);
      }
    }
  }
  return { constant: total, terms: terms.filter((t) => t.weight !== 0) };
}

/** What adding a term takes, and what its text does. */
const TURNS_A_TERM = 8;
const TURNS_A_TEXT = 12;

/** More than any register has. */
const MOST_FEATURES = 2 ** 28;

export function scaleForm(form: Form, weight: number): Form {
  return combineForms([{ form, weight }]);
}

export function addConstant(form: Form, constant: number): Form {
  return { constant: form.constant + constant, terms: form.terms };
}

/** The form's ideal number at BOS. */
export function formAtBos(form: Form): number {
  return form.terms.reduce((sum, t) => sum + t.weight * featureOf(t).bos, form.constant);
}

/** The form, but `level` at BOS. `bos` is the register that is 1 there and 0 elsewhere. */
export function pinnedAtBos(form: Form, level: number, bos: Register): Form {
  return combineForms([
    { form, weight: 1 },
    { form: { constant: 0, terms: [{ register: bos, feature: 0, weight: 1 }] }, weight: level - formAtBos(form) },
  ]);
}

export function featureOf(term: { readonly register: Term['register']; readonly feature: number }) {
  const feature = term.register.features[term.feature];
  if (feature === undefined) throw new Error(`register ${term.register.name} has no feature ${term.feature}`);
  return feature;
}

/** A key for forms that are equal term by term. */
export function formKey(form: Form): string {
  spend(TURNS_A_TEXT * form.terms.length);
  const terms = form.terms.map((t) => `${t.register.id}.${t.feature}*${t.weight}`).sort();
  return `${form.constant}+${terms.join('+')}`;
}
