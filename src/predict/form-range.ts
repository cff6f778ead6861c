/** The numbers that a form can have: each register contributes one code of its finitely many, so ranges are exact for each register. */
import type { Form, Register, Term } from '../circuit/circuit.ts';
import { spend } from '../circuit/effort.ts';
import { featureOf } from '../circuit/form.ts';
import { floatAt } from '../tensor/number-at.ts';
import { termsByRegister } from './register-errors.ts';

export interface FormRange {
  readonly low: number;
  readonly high: number;
  /** The largest sum of absolute terms, the constant left out. */
  readonly absolute: number;
}

/** @param atBos whether BOS counts as a position: not where only keys that a selector selects are meant */
export function formRange(form: Form, atBos = true): FormRange {
  let low = form.constant;
  let high = form.constant;
  let absolute = 0;
  for (const [register, terms] of termsByRegister(form)) {
    const range = registerRange(register, terms, atBos);
    low += range.low;
    high += range.high;
    absolute += range.absolute;
  }
  return { low, high, absolute };
}

/** What the terms of one register add up to. */
export function registerRange(register: Register, terms: readonly Term[], atBos: boolean): FormRange {
  const [only] = terms;
  if (terms.length === 1 && only !== undefined && atBos) {
    // One dimension knows its bounds, BOS included.
    const { low, high } = featureOf(only);
    const ends = [only.weight * low, only.weight * high] as const;
    return { low: Math.min(...ends), high: Math.max(...ends), absolute: Math.max(Math.abs(ends[0]), Math.abs(ends[1])) };
  }
  const count = register.features[0]?.levels?.length ?? null;
  // At BOS every feature has its own number, which is none of the values' codes in general.
  const bos = sumOver(terms, (t) => register.features[t.feature]?.bos ?? 0);
  if (count === null) {
    const ends = terms.map((t) => [
      t.weight * (register.features[t.feature]?.low ?? 0),
      t.weight * (register.features[t.feature]?.high ?? 0),
    ]);
    const low = ends.reduce((s, e) => s + Math.min(...e), 0);
    const high = ends.reduce((s, e) => s + Math.max(...e), 0);
    return { low, high, absolute: Math.max(Math.abs(low), Math.abs(high)) };
  }
  let { value: low, value: high, absolute } = atBos ? bos : sumOver(terms, (t) => register.features[t.feature]?.levels?.[0] ?? 0);
  const { sums, sizes } = sumsByValue(register, terms, count);
  for (const sum of sums) {
    low = Math.min(low, sum);
    high = Math.max(high, sum);
  }
  for (const size of sizes) absolute = Math.max(absolute, size);
  return { low, high, absolute };
}

/** What the terms add up to at each value, a term at a time: a register can have a hundred thousand values. */
function sumsByValue(register: Register, terms: readonly Term[], count: number): Record<'sums' | 'sizes', Float64Array> {
  spend((terms.length * count) / 2);
  const sums = new Float64Array(count);
  const sizes = new Float64Array(count);
  for (const { feature, weight } of terms) {
    const levels = register.features[feature]?.levels;
    for (let v = 0; v < count; v++) {
      const x = weight * (levels?.[v] ?? 0);
      sums[v] = floatAt(sums, v) + x;
      sizes[v] = floatAt(sizes, v) + Math.abs(x);
    }
  }
  return { sums, sizes };
}

function sumOver(terms: readonly Term[], level: (term: Term) => number): { value: number; absolute: number } {
  let value = 0;
  let absolute = 0;
  for (const term of terms) {
    const x = term.weight * level(term);
    value += x;
    absolute += Math.abs(x);
  }
  return { value, absolute };
}
