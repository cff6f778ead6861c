/**
 * How far a head's scores can be from their ideals: separately for selected keys, whose scores must be equal where they are counted
 * or averaged, and for any key, whose score must stay below.
 */
import type { Circuit, Form, Register, ScorePair } from '../circuit/circuit.ts';
import { formRange } from './form-range.ts';
import { type ErrorTable, inheritedError } from './register-errors.ts';
import { rowRounding, sumRounding } from './row-rounding.ts';

export interface ScoreError {
  /** Nats, of keys that are selected. */
  readonly selected: number;
  /** Nats, of any key. */
  readonly any: number;
}

/** The same, with what the rounding of the sum goes by: its largest sum of absolute products, and how many of them are not 0 at once. */
export interface InheritedScoreError extends ScoreError {
  readonly magnitude: number;
  readonly products: number;
}

/** One head dimension, and what storing loses of its forms: absolute weights. */
export interface StoredScore extends ScorePair {
  readonly queryLost: Form;
  readonly keyLost: Form;
}

/** A pair of values counts as selected by a group of dimensions when its ideal score is the group's largest, up to rounding. */
const TIE = 1e-6;

/** What registers and stored weights contribute; the norm's and the sum's own rounding come on top. */
export function inheritedScoreError(scores: readonly StoredScore[], bos: Circuit['bos'], errors: ErrorTable): InheritedScoreError {
  const groups = groupByOperands(scores, bos).map((group) => pairwiseError(group, bos, errors) ?? overallError(group, errors));
  const sum = (part: keyof InheritedScoreError) => groups.reduce((total, group) => total + group[part], 0);
  return { selected: sum('selected'), any: sum('any'), magnitude: sum('magnitude'), products: sum('products') };
}

/** Dimensions that compare the same query registers with the same key registers. */
export function groupByOperands<Score extends ScorePair>(scores: readonly Score[], bos: Register): Score[][] {
  const groups = new Map<string, Score[]>();
  for (const score of scores) {
    const key = `${operands(score.query, bos)} ${operands(score.key, bos)}`;
    groups.set(key, [...(groups.get(key) ?? []), score]);
  }
  return [...groups.values()];
}

function operands(form: Form, bos: Register): string {
  const ids = form.terms.flatMap((t) => (t.register === bos ? [] : [t.register.id]));
  return [...new Set(ids)].sort((a, b) => a - b).join(',');
}

/** One side of a group at one value: its ideal vector (zeros left out) and its errors. */
export interface Side {
  readonly entries: readonly { readonly dimension: number; readonly number: number }[];
  readonly errors: Float64Array;
  /** Dimensions with an error. */
  readonly wrong: readonly number[];
  /** The Euclidean length of `errors`. */
  readonly errorLength: number;
}

/** By enumeration of the values of both sides, where each side reads at most one register. */
function pairwiseError(group: readonly StoredScore[], bos: Register, errors: ErrorTable): InheritedScoreError | null {
  const queries = sides(
    group.map((s) => ({ form: s.query, lost: s.queryLost })),
    bos,
    errors,
  );
  const keys = sides(
    group.map((s) => ({ form: s.key, lost: s.keyLost })),
    bos,
    errors,
  );
  return queries === null || keys === null ? null : compareSides(queries, keys);
}

/** More values than this are compared by their vectors: thousands of averages are read as two indicators. */
const MOST_VALUES = 512;

/** Values with one vector as one, with the largest of their errors. */
function byVector(sides: readonly Side[]): readonly Side[] {
  if (sides.length <= MOST_VALUES) return sides;
  const merged = new Map<string, { entries: Side['entries']; errors: Float64Array }>();
  for (const { entries, errors } of sides) {
    const key = entries.map(({ dimension, number }) => `${dimension} ${number}`).join();
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { entries, errors: errors.slice() });
    else for (const [d, error] of errors.entries()) known.errors[d] = Math.max(known.errors[d] as number, error);
  }
  return [...merged.values()].map(({ entries, errors }) => ({ entries, ...sideErrorsOf(errors) }));
}

/** All pairs of a query's and a key's values. */
export function compareSides(allQueries: readonly Side[], allKeys: readonly Side[]): InheritedScoreError {
  const [queries, keys] = [byVector(allQueries), byVector(allKeys)];
  let best = Number.NEGATIVE_INFINITY;
  let magnitude = 0;
  let products = 0;
  let selected = 0;
  let any = 0;
  for (const query of queries) {
    const vector = new Float64Array(query.errors.length);
    for (const { dimension, number } of query.entries) vector[dimension] = number;
    for (const key of keys) {
      let score = 0;
      let absolute = 0;
      let count = 0;
      let error = 0;
      for (const dimension of key.wrong) error += Math.abs(vector[dimension] as number) * (key.errors[dimension] as number);
      for (const { dimension, number } of key.entries) {
        error += Math.abs(number) * (query.errors[dimension] as number);
        const product = number * (vector[dimension] as number);
        score += product;
        absolute += Math.abs(product);
        if (product !== 0) count++;
      }
      magnitude = Math.max(magnitude, absolute);
      products = Math.max(products, count);
      any = Math.max(any, error + query.errorLength * key.errorLength);
      if (score < best - TIE) continue;
      // Errors of one side by errors of the other: summed for the few selected pairs, where it matters.
      for (const d of key.wrong) error += (query.errors[d] as number) * (key.errors[d] as number);
      selected = score > best + TIE ? error : Math.max(selected, error);
      best = Math.max(best, score);
    }
  }
  return { selected, any, magnitude, products };
}

/** What a side's errors are looked up by. */
export function sideErrorsOf(errors: Float64Array): Pick<Side, 'errors' | 'wrong' | 'errorLength'> {
  return { errors, wrong: [...errors.keys()].filter((d) => errors[d] !== 0), errorLength: Math.hypot(...errors) };
}

/** A side's vectors at every value of the register it reads; null where it reads several, or one that is not enumerated. */
function sides(forms: readonly { readonly form: Form; readonly lost: Form }[], bos: Register, errors: ErrorTable): Side[] | null {
  const registers = new Set(forms.flatMap(({ form }) => form.terms.map((t) => t.register)).filter((r) => r !== bos));
  if (registers.size > 1) return null;
  const [register] = registers;
  const values = register?.features[0]?.levels?.length;
  if (register !== undefined && values === undefined) return null;
  const own = register && errors.get(register);
  return Array.from({ length: values ?? 1 }, (_, v) => {
    const entries: { dimension: number; number: number }[] = [];
    const sideErrors = new Float64Array(forms.length);
    for (const [dimension, { form, lost }] of forms.entries()) {
      let number = form.constant;
      let error = lost.constant;
      let absolute = Math.abs(form.constant);
      let terms = 0;
      let inherited = 0;
      for (const t of lost.terms) {
        if (t.register !== bos) error += t.weight * Math.abs(t.register.features[t.feature]?.levels?.[v] ?? 0);
      }
      for (const t of form.terms) {
        if (t.register === bos) continue;
        const read = t.weight * (t.register.features[t.feature]?.levels?.[v] ?? 0);
        number += read;
        absolute += Math.abs(read);
        if (read !== 0) terms++;
        inherited += Math.abs(t.weight) * (own?.at(v, t.feature) ?? 0);
      }
      error += inherited + sumRounding({ terms, zeros: form.terms.length - terms, absolute, inherited });
      if (number !== 0) entries.push({ dimension, number });
      sideErrors[dimension] = error;
    }
    return { entries, ...sideErrorsOf(sideErrors) };
  });
}

/** From the largest numbers and errors of each dimension, whatever they read. */
function overallError(group: readonly StoredScore[], errors: ErrorTable): InheritedScoreError {
  let total = 0;
  let magnitude = 0;
  for (const { query, key, queryLost, keyLost } of group) {
    const queryError = inheritedError(query, errors) + formRange(queryLost).absolute + queryLost.constant + roundingOf(query, errors);
    const keyError = inheritedError(key, errors) + formRange(keyLost).absolute + keyLost.constant + roundingOf(key, errors);
    magnitude += largest(query) * largest(key);
    total += largest(query) * keyError + largest(key) * queryError + queryError * keyError;
  }
  return { selected: total, any: total, magnitude, products: group.length };
}

function roundingOf(form: Form, errors: ErrorTable): number {
  return rowRounding(form, formRange(form).absolute + Math.abs(form.constant), inheritedError(form, errors));
}

export function largest(form: Form): number {
  const { low, high } = formRange(form);
  return Math.max(Math.abs(low), Math.abs(high));
}
