/**
 * How far a head's scores can be from their ideals: separately for selected keys, whose scores must be equal where they are counted
 * or averaged, and for any key, whose score must stay below.
 */

import type { Circuit, Form, Register, ScorePair } from '../circuit/circuit.ts';
import { numberAt } from '../tensor/number-at.ts';
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
  readonly wrong: readonly number[];
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
  const merged = new Map<string, { entries: Side['entries']; errors: Float64Array }>();
  for (const { entries, errors } of sides) {
    const key = entries.map(({ dimension, number }) => `${dimension} ${number}`).join();
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { entries, errors: errors.slice() });
    else for (const [d, error] of errors.entries()) known.errors[d] = Math.max(numberAt(known.errors, d), error);
  }
  return [...merged.values()].map(({ entries, errors }) => ({ entries, ...sideErrorsOf(errors) }));
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
  const counts = new Int32Array(keys.length);
  const errors = new Float64Array(keys.length);
  for (const query of queries) {
    for (const sums of [scores, absolute, counts, errors]) sums.fill(0);
    for (const { dimension, number } of query.entries) {
      const size = Math.abs(number);
      keysAt.numbers(dimension, (key, own) => {
        const product = number * own;
        scores[key] = numberAt(scores, key) + product;
        absolute[key] = numberAt(absolute, key) + Math.abs(product);
        if (product !== 0) counts[key] = numberAt(counts, key) + 1;
      });
      keysAt.errors(dimension, (key, error) => {
        errors[key] = numberAt(errors, key) + size * error;
      });
    }
    for (const dimension of query.wrong) {
      const wrong = numberAt(query.errors, dimension);
      keysAt.numbers(dimension, (key, own) => {
        errors[key] = numberAt(errors, key) + Math.abs(own) * wrong;
      });
    }
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k] as Side;
      const score = numberAt(scores, k);
      let error = numberAt(errors, k);
      magnitude = Math.max(magnitude, numberAt(absolute, k));
      products = Math.max(products, numberAt(counts, k));
      any = Math.max(any, error + query.errorLength * key.errorLength);
      if (score < best - TIE) continue;
      // Errors of one side by errors of the other: summed for the few selected pairs, where it matters.
      for (const d of key.wrong) error += numberAt(query.errors, d) * numberAt(key.errors, d);
      selected = score > best + TIE ? error : Math.max(selected, error);
      best = Math.max(best, score);
    }
  }
  return { selected, any, magnitude, products };
}

/** For each dimension, the keys that have a number or an error in it. */
class KeysByDimension {
  readonly #numbers: Sparse[];
  readonly #errors: Sparse[];

  constructor(keys: readonly Side[]) {
    const dimensions = keys[0]?.errors.length ?? 0;
    this.#numbers = Array.from({ length: dimensions }, () => ({ at: [], numbers: [] }));
    this.#errors = Array.from({ length: dimensions }, () => ({ at: [], numbers: [] }));
    for (const [key, { entries, errors, wrong }] of keys.entries()) {
      for (const { dimension, number } of entries) addTo(this.#numbers[dimension] as Sparse, key, number);
      for (const dimension of wrong) addTo(this.#errors[dimension] as Sparse, key, numberAt(errors, dimension));
    }
  }

  numbers(dimension: number, visit: (key: number, number: number) => void): void {
    visitAll(this.#numbers[dimension] as Sparse, visit);
  }

  errors(dimension: number, visit: (key: number, error: number) => void): void {
    visitAll(this.#errors[dimension] as Sparse, visit);
  }
}

/** A vector without its zeros. */
interface Sparse {
  readonly at: number[];
  readonly numbers: number[];
}

function addTo({ at, numbers }: Sparse, index: number, number: number): void {
  at.push(index);
  numbers.push(number);
}

function visitAll({ at, numbers }: Sparse, visit: (index: number, number: number) => void): void {
  for (let i = 0; i < at.length; i++) visit(numberAt(at, i), numberAt(numbers, i));
}

/** What a side's errors are looked up by. */
export function sideErrorsOf(errors: Float64Array): Pick<Side, 'errors' | 'wrong' | 'errorLength'> {
  return {
    errors,
    wrong: [...errors.keys()].filter((d) => errors[d] !== 0),
    errorLength: Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0)),
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
  for (const [dimension, { form, lost }] of forms.entries()) {
    const sums = new FormSums(count, form, lost.constant, mean);
    for (const t of lost.terms) if (t.register !== bos) sums.lose(t.weight, known.levels(t.feature));
    for (const t of form.terms) if (t.register !== bos) sums.read(t.weight, known.levels(t.feature), known.errors(t.feature));
    for (let v = 0; v < count; v++) {
      const number = numberAt(sums.numbers, v);
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
  readonly #terms: Int32Array;
  readonly #lost: Float64Array;
  readonly #inherited: Float64Array;
  /** What every value inherits. */
  #anywhere = 0;

  readonly #drift: number;

  constructor(count: number, { constant, terms }: Form, lost: number, mean: number) {
    this.numbers = new Float64Array(count).fill(constant);
    this.#absolute = new Float64Array(count).fill(Math.abs(constant));
    this.#drift = mean * terms.reduce((sum, { weight }) => sum + Math.abs(weight), 0);
    this.#terms = new Int32Array(count);
    this.#lost = new Float64Array(count).fill(lost);
    this.#inherited = new Float64Array(count);
  }

  /** @param weight of what storing loses, absolute */
  lose(weight: number, levels: Sparse): void {
    visitAll(levels, (v, level) => {
      this.#lost[v] = numberAt(this.#lost, v) + weight * Math.abs(level);
    });
  }

  read(weight: number, levels: Sparse, { anywhere, byValue }: FeatureErrors): void {
    const size = Math.abs(weight);
    visitAll(levels, (v, level) => {
      const read = weight * level;
      this.numbers[v] = numberAt(this.numbers, v) + read;
      this.#absolute[v] = numberAt(this.#absolute, v) + Math.abs(read);
      if (read !== 0) this.#terms[v] = numberAt(this.#terms, v) + 1;
    });
    this.#anywhere += size * anywhere;
    visitAll(byValue, (v, error) => {
      this.#inherited[v] = numberAt(this.#inherited, v) + size * error;
    });
  }

  errorAt(v: number, ofTerms: number): number {
    const terms = numberAt(this.#terms, v);
    const inherited = this.#anywhere + numberAt(this.#inherited, v);
    const rounding = sumRounding({ terms, zeros: ofTerms - terms, absolute: numberAt(this.#absolute, v), inherited, drift: this.#drift });
    return numberAt(this.#lost, v) + inherited + rounding;
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
      known = { anywhere: own?.anywhere(feature) ?? 0, byValue: this.#sparse((v) => own?.besides(v, feature) ?? 0) };
      this.#errors.set(feature, known);
    }
    return known;
  }

  #sparse(numberAt: (value: number) => number): Sparse {
    const sparse: Sparse = { at: [], numbers: [] };
    for (let v = 0; v < this.#count; v++) {
      const number = numberAt(v);
      if (number !== 0) addTo(sparse, v, number);
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
