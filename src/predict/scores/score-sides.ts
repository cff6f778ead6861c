/** The vectors of one side of a group of scores, queries or keys, at every value of what it reads, and what they are off by. */
import type { Form, Register } from '../../circuit/circuit.ts';
import { floatAt, indexAt } from '../../tensor/number-at.ts';
import type { ErrorTable, RegisterErrors } from '../register-errors.ts';
import { sumRounding } from '../row-rounding.ts';
import type { Sparse } from './compare-sides.ts';
import { type Side, sideErrorsOf } from './side.ts';

/**
 * A side's vectors at every value of the register it reads, or of several that are branches of one choice; null where it reads others, or one that
 * is not enumerated.
 */
export function scoreSides(
  forms: readonly { readonly form: Form; readonly lost: Form }[],
  bos: Register,
  errors: ErrorTable,
  mean: number,
): Side[] | null {
  const registers = new Set(forms.flatMap(({ form }) => form.terms.map((t) => t.register)).filter((r) => r !== bos));
  const rows = rowsOf([...registers]);
  if (rows === null) return null;
  const { count } = rows;
  const entries: { dimension: number; number: number }[][] = Array.from({ length: count }, () => []);
  const sideErrors = Array.from({ length: count }, () => new Float64Array(forms.length));
  const known = new Map([...registers].map((register) => [register, new KnownFeatures(register, errors.get(register), rows)]));
  const sums = new FormSums(count);
  for (const [dimension, { form, lost }] of forms.entries()) {
    sums.start(form, lost.constant, mean);
    for (const { register, feature, weight } of lost.terms) {
      const own = known.get(register);
      if (own !== undefined) sums.lose(weight, own.levels(feature));
    }
    for (const { register, feature, weight } of form.terms) {
      const own = known.get(register);
      if (own !== undefined) sums.read(weight, own.levels(feature), own.errors(feature));
    }
    // Most dimensions of most codes are 0 at most values, and what they are off by then is the same.
    const elsewhere = sums.errorElsewhere(form.terms.length);
    for (let v = 0; v < count; v++) {
      const number = floatAt(sums.numbers, v);
      if (number !== 0) entries[v]?.push({ dimension, number });
      (sideErrors[v] as Float64Array)[dimension] = sums.isTouched(v) ? sums.errorAt(v, form.terms.length) : elsewhere;
    }
  }
  return entries.map((own, v) => ({ entries: own, ...sideErrorsOf(sideErrors[v] as Float64Array) }));
}

/** What the registers of a side hold together: in each row one value of each. */
interface Rows {
  readonly count: number;
  /** By row, the index of the register's value. */
  readonly values: ReadonlyMap<Register, Int32Array>;
}

/** Of a choice, in each row one branch has a value, and all others none. */
function rowsOf(registers: readonly Register[]): Rows | null {
  const sizes = registers.map(({ features }) => features[0]?.levels?.length);
  if (sizes.some((size) => size === undefined)) return null;
  const [only, ...others] = registers;
  if (only === undefined) return { count: 1, values: new Map() };
  if (others.length === 0)
    return { count: sizes[0] as number, values: new Map([[only, Int32Array.from({ length: sizes[0] as number }, (_, v) => v)]]) };
  const choice = only.branchOf?.find(({ branches }) => others.every((other) => other.branchOf?.some((each) => each.branches === branches)));
  if (choice === undefined) return null;
  const none = registers.map(({ branchOf }) => branchOf?.find(({ branches }) => branches === choice.branches)?.none ?? 0);
  const taken = registers.flatMap((_, r) =>
    Array.from({ length: sizes[r] as number }, (_, value) => ({ r, value })).filter(({ value }) => value !== none[r]),
  );
  // A branch that is not read leaves all that are at none.
  const rows = choice.branches.length > registers.length ? [...taken, { r: -1, value: 0 }] : taken;
  const valuesIn = (r: number) => Int32Array.from(rows, (row) => (row.r === r ? row.value : (none[r] as number)));
  return { count: rows.length, values: new Map(registers.map((register, r) => [register, valuesIn(r)])) };
}

/** A form at every value of what it reads, and what it is off by. */
class FormSums {
  readonly numbers: Float64Array;
  readonly #absolute: Float64Array;
  readonly #terms: Float64Array;
  readonly #lost: Float64Array;
  readonly #inherited: Float64Array;
  /** Values at which the form is more than its constant. */
  readonly #touched: Uint8Array;
  #constant = 0;
  #lostAnywhere = 0;
  /** What every value inherits. */
  #anywhere = 0;
  #drift = 0;

  constructor(count: number) {
    this.numbers = new Float64Array(count);
    this.#absolute = new Float64Array(count);
    this.#terms = new Float64Array(count);
    this.#lost = new Float64Array(count);
    this.#inherited = new Float64Array(count);
    this.#touched = new Uint8Array(count);
  }

  /** Begins with another form: there is one for each of a head's dimensions, and arrays for all of them would be much to clear away. */
  start({ constant, terms }: Form, lost: number, mean: number): void {
    this.numbers.fill(constant);
    this.#absolute.fill(Math.abs(constant));
    this.#drift = mean * terms.reduce((sum, { weight }) => sum + Math.abs(weight), 0);
    this.#terms.fill(0);
    this.#lost.fill(lost);
    this.#inherited.fill(0);
    this.#touched.fill(0);
    this.#constant = constant;
    this.#lostAnywhere = lost;
    this.#anywhere = 0;
  }

  /** @param weight of what storing loses, absolute */
  lose(weight: number, levels: Sparse): void {
    for (const { index: v, number: level } of levels) {
      this.#lost[v] = floatAt(this.#lost, v) + weight * Math.abs(level);
      this.#touched[v] = 1;
    }
  }

  read(weight: number, levels: Sparse, { anywhere, byValue }: FeatureErrors): void {
    const size = Math.abs(weight);
    for (const { index: v, number: level } of levels) {
      const read = weight * level;
      this.numbers[v] = floatAt(this.numbers, v) + read;
      this.#absolute[v] = floatAt(this.#absolute, v) + Math.abs(read);
      if (read !== 0) this.#terms[v] = floatAt(this.#terms, v) + 1;
      this.#touched[v] = 1;
    }
    this.#anywhere += size * anywhere;
    for (const { index: v, number: error } of byValue) {
      this.#inherited[v] = floatAt(this.#inherited, v) + size * error;
      this.#touched[v] = 1;
    }
  }

  isTouched(v: number): boolean {
    return this.#touched[v] === 1;
  }

  /** Where nothing is read but what is 0. */
  errorElsewhere(ofTerms: number): number {
    const sum = { terms: 0, zeros: ofTerms, absolute: Math.abs(this.#constant), inherited: this.#anywhere, drift: this.#drift };
    return this.#lostAnywhere + this.#anywhere + sumRounding(sum);
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
  readonly #register: Register;
  readonly #own: RegisterErrors | undefined;
  readonly #values: Int32Array;
  readonly #levels = new Map<number, Sparse>();
  readonly #errors = new Map<number, FeatureErrors>();

  constructor(register: Register, own: RegisterErrors | undefined, { values }: Rows) {
    this.#register = register;
    this.#own = own;
    this.#values = values.get(register) ?? new Int32Array(0);
  }

  levels(feature: number): Sparse {
    let known = this.#levels.get(feature);
    if (known === undefined) {
      known = this.#sparse((v) => this.#register.features[feature]?.levels?.[v] ?? 0);
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
    for (let index = 0; index < this.#values.length; index++) {
      const number = levelAt(indexAt(this.#values, index));
      if (number !== 0) sparse.push({ index, number });
    }
    return sparse;
  }
}
