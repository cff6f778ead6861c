/** The vectors of one side of a group of scores, queries or keys, at every value of what it reads, and what they are off by. */
import type { Form, Register, Term } from '../../circuit/circuit.ts';
import { spend } from '../../circuit/effort.ts';
import { floatAt, indexAt, numberAt } from '../../tensor/number-at.ts';
import type { ErrorTable, RegisterErrors } from '../register-errors.ts';
import { sumRounding } from '../row-rounding.ts';
import { type Side, sideErrorsOf } from './side.ts';
import { emptySparse, type Sparse, sparseOf } from './sparse.ts';

/**
 * A side's vectors at every value of the register it reads, or of several that are branches of one choice; null where it reads others, or one that
 * is not enumerated.
 */
export function scoreSides(forms: readonly SideForm[], bos: Register, errors: ErrorTable, mean: number): Side[] | null {
  const registers = new Set(forms.flatMap(({ form }) => form.terms.map((t) => t.register)).filter((r) => r !== bos));
  const rows = rowsOf([...registers]);
  if (rows === null) return null;
  const { count } = rows;
  spend(TURNS_AN_ERROR * count * forms.length);
  const sideErrors = Array.from({ length: count }, () => new Float64Array(forms.length));
  const known = new Map([...registers].map((register) => [register, new KnownFeatures(register, errors.get(register), rows)]));
  const sums = new FormSums(count);
  const numbers: Float64Array[] = forms.map(() => NONE);
  const isLong = forms.some(({ form }) => form.terms.length > MANY_TERMS);
  for (const { dimension, form, lost, goesOn, fresh, freshLost } of isLong ? inTurn(forms) : forms.map(asTheyAre)) {
    if (!goesOn) sums.start(form, isLong ? 0 : lost.constant);
    for (const { register, feature, weight } of freshLost) {
      const own = known.get(register);
      if (own !== undefined) sums.lose(weight, own.levels(feature));
    }
    for (const { register, feature, weight } of fresh) {
      const own = known.get(register);
      if (own !== undefined) sums.read(weight, own.levels(feature), own.errors(feature));
    }
    if (isLong) sums.lostBesides = lost.constant;
    sums.drift = mean * form.terms.reduce((sum, { weight }) => sum + Math.abs(weight), 0);
    // Most dimensions of most codes are 0 at most values, and what they are off by then is the same.
    const elsewhere = sums.errorElsewhere(form.terms.length);
    for (let v = 0; v < count; v++)
      (sideErrors[v] as Float64Array)[dimension] = sums.isTouched(v) ? sums.errorAt(v, form.terms.length) : elsewhere;
    numbers[dimension] = sums.numbers.slice();
  }
  const entry = (dimension: number, v: number) => floatAt(numbers[dimension] ?? NONE, v);
  return sideErrors.map((own, v) => ({ vector: sparseOf(forms.length, (dimension) => entry(dimension, v)), ...sideErrorsOf(own) }));
}

/** What one number of a side takes, with its error. */
const TURNS_AN_ERROR = 14;

const NONE = new Float64Array(0);

interface SideForm {
  readonly form: Form;
  readonly lost: Form;
}

/** Sums of more terms than this begin with another dimension's where they end as it does. */
const MANY_TERMS = 256;

interface TurnedForm extends SideForm {
  readonly dimension: number;
  /** Whether its last terms are all that the one before has, and the others are to be added to that. */
  readonly goesOn: boolean;
  readonly fresh: readonly Term[];
  readonly freshLost: readonly Term[];
}

function asTheyAre(form: SideForm, dimension: number): TurnedForm {
  return { ...form, dimension, goesOn: false, fresh: form.form.terms, freshLost: form.lost.terms };
}

/** The shortest first: where a value has to be greater, there is a sum for each of the others, every one of which ends with the next. */
function inTurn(forms: readonly SideForm[]): readonly TurnedForm[] {
  const all = forms.map(asTheyAre).sort((a, b) => a.form.terms.length - b.form.terms.length || a.dimension - b.dimension);
  return all.map((each, i) => {
    const before = all[i - 1];
    if (before === undefined || each.form.constant !== before.form.constant) return each;
    const fresh = withoutEnd(each.form.terms, before.form.terms);
    const freshLost = withoutEnd(each.lost.terms, before.lost.terms);
    return fresh === null || freshLost === null ? each : { ...each, goesOn: true, fresh, freshLost };
  });
}

/** What comes before an end; null where the terms end otherwise. */
function withoutEnd(terms: readonly Term[], end: readonly Term[]): readonly Term[] | null {
  const skipped = terms.length - end.length;
  const isAlike = end.every((term, i) => {
    const own = terms[skipped + i];
    return own?.register === term.register && own.feature === term.feature && own.weight === term.weight;
  });
  return isAlike ? terms.slice(0, skipped) : null;
}

/** What the registers of a side hold together: in each row one value of each. */
interface Rows {
  readonly count: number;
  /** By row, the index of the register's value. */
  readonly values: ReadonlyMap<Register, Int32Array>;
}

/** Of a choice, in each row one branch has a value, and all others none. */
function rowsOf(registers: readonly Register[]): Rows | null {
  const sizes = registers.flatMap(({ features }) => features[0]?.levels?.length ?? []);
  if (sizes.length < registers.length) return null;
  const [only, ...others] = registers;
  if (only === undefined) return { count: 1, values: new Map() };
  if (others.length === 0)
    return { count: numberAt(sizes, 0), values: new Map([[only, Int32Array.from({ length: numberAt(sizes, 0) }, (_, v) => v)]]) };
  const choice = only.branchOf?.find(({ branches }) => others.every((other) => other.branchOf?.some((each) => each.branches === branches)));
  if (choice === undefined) return null;
  const none = registers.map(({ branchOf }) => branchOf?.find(({ branches }) => branches === choice.branches)?.none ?? 0);
  const taken = registers.flatMap((_, r) =>
    Array.from({ length: numberAt(sizes, r) }, (_, value) => ({ r, value })).filter(({ value }) => value !== none[r]),
  );
  // A branch that is not read leaves all that are at none.
  const rows = choice.branches.length > registers.length ? [...taken, { r: -1, value: 0 }] : taken;
  const valuesIn = (r: number) => Int32Array.from(rows, (row) => (row.r === r ? row.value : numberAt(none, r)));
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
  /** What storing loses whatever is read, where that is not counted from the start. */
  lostBesides = 0;
  #constant = 0;
  #lostAnywhere = 0;
  /** What every value inherits. */
  #anywhere = 0;
  /** What an error of the mean puts into all products together. */
  drift = 0;

  constructor(count: number) {
    this.numbers = new Float64Array(count);
    this.#absolute = new Float64Array(count);
    this.#terms = new Float64Array(count);
    this.#lost = new Float64Array(count);
    this.#inherited = new Float64Array(count);
    this.#touched = new Uint8Array(count);
  }

  /** Begins with another form: there is one for each of a head's dimensions, and arrays for all of them would be much to clear away. */
  start({ constant }: Form, lost: number): void {
    this.numbers.fill(constant);
    this.#absolute.fill(Math.abs(constant));
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
    spend(levels.indices.length);
    for (let i = 0; i < levels.indices.length; i++) {
      const v = indexAt(levels.indices, i);
      this.#lost[v] = floatAt(this.#lost, v) + weight * Math.abs(floatAt(levels.numbers, i));
      this.#touched[v] = 1;
    }
  }

  read(weight: number, levels: Sparse, { anywhere, byValue }: FeatureErrors): void {
    spend(2 * levels.indices.length + byValue.indices.length + 1);
    const size = Math.abs(weight);
    for (let i = 0; i < levels.indices.length; i++) {
      const v = indexAt(levels.indices, i);
      const read = weight * floatAt(levels.numbers, i);
      this.numbers[v] = floatAt(this.numbers, v) + read;
      this.#absolute[v] = floatAt(this.#absolute, v) + Math.abs(read);
      if (read !== 0) this.#terms[v] = floatAt(this.#terms, v) + 1;
      this.#touched[v] = 1;
    }
    this.#anywhere += size * anywhere;
    for (let i = 0; i < byValue.indices.length; i++) {
      const v = indexAt(byValue.indices, i);
      this.#inherited[v] = floatAt(this.#inherited, v) + size * floatAt(byValue.numbers, i);
      this.#touched[v] = 1;
    }
  }

  isTouched(v: number): boolean {
    return this.#touched[v] === 1;
  }

  /** Where nothing is read but what is 0. */
  errorElsewhere(ofTerms: number): number {
    const sum = { terms: 0, zeros: ofTerms, absolute: Math.abs(this.#constant), inherited: this.#anywhere, drift: this.drift };
    return this.lostBesides + this.#lostAnywhere + this.#anywhere + sumRounding(sum);
  }

  errorAt(v: number, ofTerms: number): number {
    const terms = floatAt(this.#terms, v);
    const inherited = this.#anywhere + floatAt(this.#inherited, v);
    const rounding = sumRounding({ terms, zeros: ofTerms - terms, absolute: floatAt(this.#absolute, v), inherited, drift: this.drift });
    return this.lostBesides + floatAt(this.#lost, v) + inherited + rounding;
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
      const byValue = own?.varies ? this.#sparse((v) => own.besides(v, feature)) : emptySparse(0);
      known = { anywhere: own?.anywhere(feature) ?? 0, byValue };
      this.#errors.set(feature, known);
    }
    return known;
  }

  #sparse(levelAt: (value: number) => number): Sparse {
    return sparseOf(this.#values.length, (index) => levelAt(indexAt(this.#values, index)));
  }
}
