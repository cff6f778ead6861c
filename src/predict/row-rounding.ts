/** The rounding of sums in float32, in any order. */
import type { Form, HeadSemantics, Term } from '../circuit/circuit.ts';
import { spend } from '../circuit/effort.ts';
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

/** What a head averages: a value of BOS, where it is counted, and values of keys that are at most so large. */
export interface Averaged {
  readonly bos: number;
  readonly keys: { readonly low: number; readonly high: number };
}

/** Of a weight and a product. */
const PRODUCT_ROUNDINGS = 10;

/**
 * What a softmax average is off by for its sums, in float32 and any order: an addition costs a rounding of its result. Of n equal positive terms
 * the partial sums come to n / 2 times their sum, most where they are added one by one; behind BOS with weight W to n (W + n / 2) / (W + n). By
 * that the weights' sum is off, and with it the average, however small that is. The average's own sum has keys on one side of 0 and BOS, where
 * it is counted, on the other: in any tree of additions those of keys alone come to n / 2 times what keys come to, or those that BOS is in to as much as the
 * largest of them each time: each is between what BOS gives alone and the average.
 *
 * @param read what each of the values is off by
 */
export function averageRounding({ kind, bosWeight }: HeadSemantics, context: number, { bos, keys }: Averaged, read: number): number {
  const largest = Math.max(Math.abs(keys.low), Math.abs(keys.high)) + read;
  if (kind !== 'width') return ROUNDING * largest * (kind === 'copy' ? 2 + PRODUCT_ROUNDINGS : context + PRODUCT_ROUNDINGS);
  const share = context / (bosWeight + context);
  const ofBos = Math.abs(bos) + read;
  const ofKeys = share * largest;
  const isAcross = (bos <= 0 && keys.low >= 0) || (bos >= 0 && keys.high <= 0);
  const most = isAcross ? Math.max(ofBos, ofKeys - (1 - share) * Math.abs(bos)) : ofBos + ofKeys;
  const weights = (context * (bosWeight + context / 2)) / (bosWeight + context);
  // from as long as keys do not outweigh BOS
  const before = ofKeys > ofBos ? ofBos ** 2 / (2 * ofKeys) : ofBos;
  const own = context * (isAcross ? Math.min(Math.max(ofKeys / 2, most), ofKeys / 2 + before) : ofKeys / 2 + ofBos) + most;
  return ROUNDING * (weights * most + own + PRODUCT_ROUNDINGS * (ofBos + ofKeys));
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
  spend((terms.length * values) / 2);
  const counts = new Int32Array(values);
  for (const term of terms) {
    const { levels } = featureOf(term);
    for (let v = 0; v < values; v++) if (levels?.[v] !== 0) counts[v] = indexAt(counts, v) + 1;
  }
  const atBos = terms.filter((term) => featureOf(term).bos !== 0).length;
  return counts.reduce((most, count) => Math.max(most, count), atBos);
}
