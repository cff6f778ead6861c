/** The rounding of sums in float32, in any order. */
import type { Form, HeadSemantics, Term } from '../circuit/circuit.ts';
import { featureOf } from '../circuit/form.ts';
import { indexAt } from '../tensor/number-at.ts';
import { termsByRegister } from './register-errors.ts';

/** Half a unit in the last place of float32, relative. */
export const ROUNDING = 2 ** -24;

/** A sum of products of a row with what it reads. */
export interface RowSum {
  /** How many products are not 0, and how many are 0 but for their error. */
  readonly terms: number;
  readonly zeros: number;
  /** The sum of the absolute values of the first, and of the errors of all. */
  readonly absolute: number;
  readonly inherited: number;
  /** What an error of the mean puts into all products together, before the reference takes it away. */
  readonly drift: number;
}

/**
 * n products that are not 0 cost a rounding each, and an addition each (one for the constant or the reference), of at most the absolute sum.
 * |fl(a + b) - (a + b)| is at most |b|, so what is 0 but for its error costs no more than that once more.
 */
export function sumRounding({ terms, zeros, absolute, inherited, drift }: RowSum): number {
  const total = absolute + drift;
  return ROUNDING * 2 * (terms + 1) * total + Math.min(inherited + drift, zeros * ROUNDING * total);
}

/**
 * The rounding of a form's row, whatever it reads.
 *
 * @param mean the largest error of the stream's mean
 */
export function rowRounding(form: Form, absolute: number, inherited: number, mean: number): number {
  const terms = termsAtOnce(form);
  const drift = mean * form.terms.reduce((sum, { weight }) => sum + Math.abs(weight), 0);
  return sumRounding({ terms, zeros: form.terms.length - terms, absolute, inherited, drift });
}

/**
 * Roundings of a softmax average, relative to the largest it can be: of the weights' sum, and of the average itself. In any order a sum of
 * positive terms costs a rounding of each partial sum, most where they are added one by one and the largest first: n equal terms n / 2 of
 * their sum, and behind BOS with weight W n (W + n / 2) / (W + n).
 */
export function averageRoundings({ kind, bosWeight }: HeadSemantics, keys: number): number {
  if (kind === 'copy') return 2;
  const weights = kind === 'width' ? (keys * (bosWeight + keys / 2)) / (bosWeight + keys) : keys / 2;
  return weights + keys / 2;
}

/** How many terms of a form are not 0 at once: a register holds one of its values. */
function termsAtOnce(form: Form): number {
  let total = 0;
  for (const [register, terms] of termsByRegister(form)) {
    if (terms.length === 1) {
      total++;
      continue;
    }
    const values = register.features[0]?.levels?.length;
    total += values === undefined ? terms.length : mostAtOnce(terms, values);
  }
  return total;
}

/** At BOS or at any of a register's values; feature by feature, since there may be many of either. */
function mostAtOnce(terms: readonly Term[], values: number): number {
  const counts = new Int32Array(values);
  for (const term of terms) {
    const { levels } = featureOf(term);
    for (let v = 0; v < values; v++) if (levels?.[v] !== 0) counts[v] = indexAt(counts, v) + 1;
  }
  const atBos = terms.filter((term) => featureOf(term).bos !== 0).length;
  return counts.reduce((most, count) => Math.max(most, count), atBos);
}
