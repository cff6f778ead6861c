/** The vectors of one side of a group of scores, queries or keys, at every value of the one register that it reads, and what they are off by. */
import type { Form, Register } from '../../circuit/circuit.ts';
import { floatAt } from '../../tensor/number-at.ts';
import type { ErrorTable, RegisterErrors } from '../register-errors.ts';
import { sumRounding } from '../row-rounding.ts';
import { type Side, type Sparse, sideErrorsOf } from './compare-sides.ts';

/** A side's vectors at every value of the register it reads; null where it reads several, or one that is not enumerated. */
export function scoreSides(
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
