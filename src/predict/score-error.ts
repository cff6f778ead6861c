/**
 * How far a head's scores can be from their ideals: separately for selected keys, whose scores must be equal where they are counted
 * or averaged, and for any key, whose score must stay below.
 */

import type { Circuit, Form, Register, ScorePair } from '../circuit/circuit.ts';
import { floatAt, indexAt } from '../tensor/number-at.ts';
import { formRange } from './form-range.ts';
import { type ErrorTable, inheritedError, type RegisterErrors } from './register-errors.ts';
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
export function inheritedScoreError(
  scores: readonly StoredScore[],
  bos: Circuit['bos'],
  errors: ErrorTable,
  mean: number,
): InheritedScoreError {
  const groups = groupByOperands(scores, bos).map((group) => pairwiseError(group, bos, errors, mean) ?? overallError(group, errors, mean));
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
  readonly wrong: Int32Array;
  /** The Euclidean length of `errors`. */
  readonly errorLength: number;
}

/** By enumeration of the values of both sides, where each side reads at most one register. */
function pairwiseError(group: readonly StoredScore[], bos: Register, errors: ErrorTable, mean: number): InheritedScoreError | null {
  const queries = sides(
    group.map((s) => ({ form: s.query, lost: s.queryLost })),
    bos,
    errors,
    mean,
  );
  const keys = sides(
    group.map((s) => ({ form: s.key, lost: s.keyLost })),
    bos,
    errors,
    mean,
  );
  return queries === null || keys === null ? null : compareSides(queries, keys);
}

/** More values than this are compared by their vectors: thousands of averages are read as two indicators. */
const MOST_VALUES = 512;

/** Values with one vector as one, with the largest of their errors. */
function byVector(sides: readonly Side[]): readonly Side[] {
  if (sides.length <= MOST_VALUES) return sides;
  const merged: { entries: Side['entries']; errors: Float64Array }[] = [];
  // By a number that equal vectors share, since a text of each vector is long.
  const bySum = new Map<number, typeof merged>();
  for (const { entries, errors } of sides) {
    let sum = entries.length;
    for (const { dimension, number } of entries) sum += (dimension + 1) * number;
    const alike = bySum.get(sum) ?? [];
    const known = alike.find((each) => hasEntries(each.entries, entries));
    if (known === undefined) {
      const one = { entries, errors: errors.slice() };
      merged.push(one);
      bySum.set(sum, [...alike, one]);
    } else for (let d = 0; d < errors.length; d++) known.errors[d] = Math.max(floatAt(known.errors, d), floatAt(errors, d));
  }
  return merged.map(({ entries, errors }) => ({ entries, ...sideErrorsOf(errors) }));
}

function hasEntries(entries: Side['entries'], others: Side['entries']): boolean {
  return (
    entries.length === others.length &&
    entries.every(({ dimension, number }, i) => others[i]?.dimension === dimension && others[i]?.number === number)
  );
}

/**
 * All pairs of a query's and a key's values. What is 0 is never multiplied: codes are mostly one-hot, and there are as many dimensions as
 * values.
 */
export function compareSides(allQueries: readonly Side[], allKeys: readonly Side[]): InheritedScoreError {
  const [queries, keys] = [byVector(allQueries), byVector(allKeys)];
  const keysAt = new KeysByDimension(keys);
  let best = Number.NEGATIVE_INFINITY;
  let magnitude = 0;
  let products = 0;
  let selected = 0;
  let any = 0;
  const scores = new Float64Array(keys.length);
  const absolute = new Float64Array(keys.length);
  const counts = new Float64Array(keys.length);
  /** What keys are off by, and that with what queries are. */
  const readErrors = new Float64Array(keys.length);
  const errors = new Float64Array(keys.length);
  let before: Side['entries'] = [];
  let sinceAll = 0;
  for (const query of byEntries(queries)) {
    let change = changeBetween(before, query.entries);
    if (sinceAll === MOST_CHANGES || change.length >= query.entries.length) {
      for (const sums of [scores, absolute, counts, readErrors]) sums.fill(0);
      change = query.entries.map((entry) => ({ ...entry, sign: 1 }));
      sinceAll = 0;
    } else sinceAll++;
    for (const { dimension, number, sign } of change) {
      const size = sign * Math.abs(number);
      for (const { index: key, number: own } of keysAt.numbers(dimension)) {
        const product = number * own;
        scores[key] = floatAt(scores, key) + sign * product;
        absolute[key] = floatAt(absolute, key) + sign * Math.abs(product);
        if (product !== 0) counts[key] = floatAt(counts, key) + sign;
      }
      const own = keysAt.errors(dimension);
      for (let i = 0; i < own.indices.length; i++) {
        const key = indexAt(own.indices, i);
        readErrors[key] = floatAt(readErrors, key) + size * floatAt(own.numbers, i);
      }
    }
    before = query.entries;
    for (let key = 0; key < keys.length; key++) errors[key] = floatAt(readErrors, key) * (1 + CHANGE_SLACK);
    for (const dimension of query.wrong) {
      const wrong = floatAt(query.errors, dimension);
      for (const { index: key, number: own } of keysAt.numbers(dimension)) errors[key] = floatAt(errors, key) + Math.abs(own) * wrong;
    }
    for (const [k, key] of keys.entries()) {
      const score = floatAt(scores, k);
      let error = floatAt(errors, k);
      magnitude = Math.max(magnitude, floatAt(absolute, k));
      products = Math.max(products, floatAt(counts, k));
      any = Math.max(any, error + query.errorLength * key.errorLength);
      if (score < best - TIE) continue;
      // Errors of one side by errors of the other: summed for selected pairs, where it matters.
      if (score <= best + TIE && error + query.errorLength * key.errorLength <= selected) {
        best = Math.max(best, score);
        continue;
      }
      for (const d of key.wrong) error += floatAt(query.errors, d) * floatAt(key.errors, d);
      selected = score > best + TIE ? error : Math.max(selected, error);
      best = Math.max(best, score);
    }
  }
  return { selected, any, magnitude, products };
}

/** Those with fewer numbers first. */
function byEntries(sides: readonly Side[]): readonly Side[] {
  return [...sides].sort((a, b) => a.entries.length - b.entries.length);
}

/** After so many vectors sums are made anew, and by what part of them they may have gone wrong until then: 2^-52 each time, and room. */
const MOST_CHANGES = 64;
const CHANGE_SLACK = 2 ** -40;

/** What has to be added and taken away to make one vector of another: of thresholds each has what the one before has, and one number more. */
function changeBetween(before: Side['entries'], after: Side['entries']): readonly (Side['entries'][number] & { readonly sign: 1 | -1 })[] {
  const change: (Side['entries'][number] & { readonly sign: 1 | -1 })[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    const [old, own] = [before[i], after[j]];
    const at = Math.min(old?.dimension ?? Number.POSITIVE_INFINITY, own?.dimension ?? Number.POSITIVE_INFINITY);
    const [isOld, isOwn] = [old?.dimension === at, own?.dimension === at];
    if (old?.number !== own?.number || !isOld || !isOwn) {
      if (old !== undefined && isOld) change.push({ ...old, sign: -1 });
      if (own !== undefined && isOwn) change.push({ ...own, sign: 1 });
    }
    if (isOld) i++;
    if (isOwn) j++;
  }
  return change;
}

/** For each dimension, the keys that have a number or an error in it. */
class KeysByDimension {
  readonly #numbers: { readonly index: number; readonly number: number }[][];
  readonly #errors: Errors[];

  constructor(keys: readonly Side[]) {
    const dimensions = keys[0]?.errors.length ?? 0;
    this.#numbers = Array.from({ length: dimensions }, () => []);
    const counts = new Int32Array(dimensions);
    for (const [index, { entries, wrong }] of keys.entries()) {
      for (const { dimension, number } of entries) this.#numbers[dimension]?.push({ index, number });
      for (const dimension of wrong) counts[dimension] = indexAt(counts, dimension) + 1;
    }
    this.#errors = Array.from(counts, (count) => ({ indices: new Int32Array(count), numbers: new Float64Array(count) }));
    counts.fill(0);
    for (const [index, { errors, wrong }] of keys.entries()) {
      for (const dimension of wrong) {
        const own = this.errors(dimension);
        const at = indexAt(counts, dimension);
        own.indices[at] = index;
        own.numbers[at] = floatAt(errors, dimension);
        counts[dimension] = at + 1;
      }
    }
  }

  numbers(dimension: number): Sparse {
    return this.#numbers[dimension] ?? [];
  }

  errors(dimension: number): Errors {
    return this.#errors[dimension] ?? NO_ERRORS;
  }
}

/** A vector without its zeros, where there may be as many as there are values. */
interface Errors {
  readonly indices: Int32Array;
  readonly numbers: Float64Array;
}

const NO_ERRORS: Errors = { indices: new Int32Array(0), numbers: new Float64Array(0) };

/** A vector without its zeros. */
type Sparse = readonly { readonly index: number; readonly number: number }[];

/** What a side's errors are looked up by. */
export function sideErrorsOf(errors: Float64Array): Pick<Side, 'errors' | 'wrong' | 'errorLength'> {
  const wrong = new Int32Array(errors.length);
  let count = 0;
  let squares = 0;
  for (let d = 0; d < errors.length; d++) {
    const error = floatAt(errors, d);
    if (error !== 0) wrong[count++] = d;
    squares += error * error;
  }
  return {
    errors,
    wrong: wrong.subarray(0, count),
    errorLength: Math.sqrt(squares),
  };
}

/** A side's vectors at every value of the register it reads; null where it reads several, or one that is not enumerated. */
function sides(
  forms: readonly { readonly form: Form; readonly lost: Form }[],
  bos: Register,
  errors: ErrorTable,
  mean: number,
): Side[] | null {
  const registers = new Set(forms.flatMap(({ form }) => form.terms.map((t) => t.register)).filter((r) => r !== bos));
  if (registers.size > 1) return null;
  const [register] = registers;
  const values = register?.features[0]?.levels?.length;
  if (register !== undefined && values === undefined) return null;
  const own = register && errors.get(register);
  const count = values ?? 1;
  const entries: { dimension: number; number: number }[][] = Array.from({ length: count }, () => []);
  const sideErrors = Array.from({ length: count }, () => new Float64Array(forms.length));
  const known = new KnownFeatures(register, own, count);
  const sums = new FormSums(count);
  for (const [dimension, { form, lost }] of forms.entries()) {
    sums.start(form, lost.constant, mean);
    for (const t of lost.terms) if (t.register !== bos) sums.lose(t.weight, known.levels(t.feature));
    for (const t of form.terms) if (t.register !== bos) sums.read(t.weight, known.levels(t.feature), known.errors(t.feature));
    for (let v = 0; v < count; v++) {
      const number = floatAt(sums.numbers, v);
      if (number !== 0) entries[v]?.push({ dimension, number });
      (sideErrors[v] as Float64Array)[dimension] = sums.errorAt(v, form.terms.length);
    }
  }
  return entries.map((own, v) => ({ entries: own, ...sideErrorsOf(sideErrors[v] as Float64Array) }));
}

/** A form at every value of the register that it reads, and what it is off by. */
class FormSums {
  readonly numbers: Float64Array;
  readonly #absolute: Float64Array;
  readonly #terms: Float64Array;
  readonly #lost: Float64Array;
  readonly #inherited: Float64Array;
  /** What every value inherits. */
  #anywhere = 0;
  #drift = 0;

  constructor(count: number) {
    this.numbers = new Float64Array(count);
    this.#absolute = new Float64Array(count);
    this.#terms = new Float64Array(count);
    this.#lost = new Float64Array(count);
    this.#inherited = new Float64Array(count);
  }

  /** Begins with another form: there is one for each of a head's dimensions, and arrays for all of them would be much to clear away. */
  start({ constant, terms }: Form, lost: number, mean: number): void {
    this.numbers.fill(constant);
    this.#absolute.fill(Math.abs(constant));
    this.#drift = mean * terms.reduce((sum, { weight }) => sum + Math.abs(weight), 0);
    this.#terms.fill(0);
    this.#lost.fill(lost);
    this.#inherited.fill(0);
    this.#anywhere = 0;
  }

  /** @param weight of what storing loses, absolute */
  lose(weight: number, levels: Sparse): void {
    for (const { index: v, number: level } of levels) this.#lost[v] = floatAt(this.#lost, v) + weight * Math.abs(level);
  }

  read(weight: number, levels: Sparse, { anywhere, byValue }: FeatureErrors): void {
    const size = Math.abs(weight);
    for (const { index: v, number: level } of levels) {
      const read = weight * level;
      this.numbers[v] = floatAt(this.numbers, v) + read;
      this.#absolute[v] = floatAt(this.#absolute, v) + Math.abs(read);
      if (read !== 0) this.#terms[v] = floatAt(this.#terms, v) + 1;
    }
    this.#anywhere += size * anywhere;
    for (const { index: v, number: error } of byValue) this.#inherited[v] = floatAt(this.#inherited, v) + size * error;
  }

  errorAt(v: number, ofTerms: number): number {
    const terms = floatAt(this.#terms, v);
    const inherited = this.#anywhere + floatAt(this.#inherited, v);
    const rounding = sumRounding({ terms, zeros: ofTerms - terms, absolute: floatAt(this.#absolute, v), inherited, drift: this.#drift });
    return floatAt(this.#lost, v) + inherited + rounding;
  }
}

/** What a feature is off by: at any value, and besides by value. */
interface FeatureErrors {
  readonly anywhere: number;
  readonly byValue: Sparse;
}

/** The features of a register without their zeros, each looked at once. */
class KnownFeatures {
  readonly #register: Register | undefined;
  readonly #own: RegisterErrors | undefined;
  readonly #count: number;
  readonly #levels = new Map<number, Sparse>();
  readonly #errors = new Map<number, FeatureErrors>();

  constructor(register: Register | undefined, own: RegisterErrors | undefined, count: number) {
    this.#register = register;
    this.#own = own;
    this.#count = count;
  }

  levels(feature: number): Sparse {
    let known = this.#levels.get(feature);
    if (known === undefined) {
      known = this.#sparse((v) => this.#register?.features[feature]?.levels?.[v] ?? 0);
      this.#levels.set(feature, known);
    }
    return known;
  }

  errors(feature: number): FeatureErrors {
    let known = this.#errors.get(feature);
    if (known === undefined) {
      const own = this.#own;
      const byValue = own?.varies ? this.#sparse((v) => own.besides(v, feature)) : [];
      known = { anywhere: own?.anywhere(feature) ?? 0, byValue };
      this.#errors.set(feature, known);
    }
    return known;
  }

  #sparse(levelAt: (value: number) => number): Sparse {
    const sparse: { index: number; number: number }[] = [];
    for (let index = 0; index < this.#count; index++) {
      const number = levelAt(index);
      if (number !== 0) sparse.push({ index, number });
    }
    return sparse;
  }
}

/** From the largest numbers and errors of each dimension, whatever they read. */
function overallError(group: readonly StoredScore[], errors: ErrorTable, mean: number): InheritedScoreError {
  let total = 0;
  let magnitude = 0;
  for (const { query, key, queryLost, keyLost } of group) {
    const queryError = inheritedError(query, errors) + formRange(queryLost).absolute + queryLost.constant + roundingOf(query, errors, mean);
    const keyError = inheritedError(key, errors) + formRange(keyLost).absolute + keyLost.constant + roundingOf(key, errors, mean);
    magnitude += largest(query) * largest(key);
    total += largest(query) * keyError + largest(key) * queryError + queryError * keyError;
  }
  return { selected: total, any: total, magnitude, products: group.length };
}

function roundingOf(form: Form, errors: ErrorTable, mean: number): number {
  return rowRounding(form, formRange(form).absolute + Math.abs(form.constant), inheritedError(form, errors), mean);
}

export function largest(form: Form): number {
  const { low, high } = formRange(form);
  return Math.max(Math.abs(low), Math.abs(high));
}
