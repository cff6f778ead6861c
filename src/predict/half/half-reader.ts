/**
 * Rows of weights as a sublayer reads them in half precision: numbers of the stream behind the norm, as intervals by the value of the register
 * that they come from.
 */
import type { Form, Register } from '../../circuit/circuit.ts';
import { spend } from '../../circuit/effort.ts';
import type { Placement } from '../../placement/placement.ts';
import { type RowOptions, storedForm } from '../../placement/stored-form.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { numberAt, numberOf } from '../../tensor/number-at.ts';
import { formRange } from '../form-range.ts';
import { termsByRegister } from '../register-errors.ts';
import { type Side, sideErrorsOf } from '../scores/side.ts';
import { sparseOf } from '../scores/sparse.ts';
import { add, distance, type Interval, magnitude, point, round, scale, widen } from './interval.ts';
import { type Codes, SINGLE, UNIT } from './rounded-codes.ts';
import { type FormPart, type ReadForm, withBos } from './rounded-forms.ts';

/** What reading a number of a code takes: by the norm, and rounded. */
const TURNS_A_NUMBER = 10;

export class HalfReader {
  readonly #placement: Placement;
  readonly #dtype: Dtype;
  readonly #unit: number;
  readonly #codes: ReadonlyMap<Register, Codes>;
  /** Relative error of the norm's scale, and absolute error of its mean, as the sublayer at hand has them. */
  scale = 0;
  mean = 0;

  /** @param codes what the registers hold, filled as layers are gone through */
  constructor(placement: Placement, codes: ReadonlyMap<Register, Codes>) {
    this.#placement = placement;
    this.#dtype = placement.storage.computed;
    this.#unit = UNIT[this.#dtype];
    this.#codes = codes;
  }

  /**
   * A number of the stream as a sublayer reads it, behind the norm and beside its reference: both have the same mean m taken off, and
   * are rounded. Of x - m and -m that leaves x, but for at most m (x itself is a number near x - m), and for the units of both. Alone it is x - m,
   * rounded.
   */
  #normed(x: Interval, isAlone: boolean): Interval {
    const scaled = { low: x.low - Math.abs(x.low) * this.scale, high: x.high + Math.abs(x.high) * this.scale };
    if (isAlone) return round(this.#dtype, widen(scaled, this.mean));
    if (x.low === 0 && x.high === 0) return x;
    const byMean = Math.min(this.mean * (1 + 2 * this.#unit), this.#unit * (magnitude(x) + 2 * this.mean));
    return widen(round(this.#dtype, scaled), byMean);
  }

  /** What the terms of one register add up to, by value, BOS first; in float32. */
  #partOf(register: Register, weights: readonly { readonly feature: number; readonly weight: number }[], isAlone: boolean): Interval[] {
    const rows = this.#codes.get(register);
    if (rows === undefined) throw new Error(`${register.name} is read before it is written`);
    spend(TURNS_A_NUMBER * rows.length * weights.length);
    return rows.map((row) => {
      let sum = point(0);
      let absolute = 0;
      for (const { feature, weight } of weights) {
        const x = scale(this.#normed(row[feature] as Interval, isAlone), weight);
        absolute += magnitude(x);
        sum = add(sum, x);
      }
      return widen(sum, SINGLE * (weights.length + 2) * absolute);
    });
  }

  /** A form's rows as stored: its registers' parts (by value, BOS first), and its constant with what the references add. */
  read(form: Form, row: RowOptions): ReadForm {
    const stored = storedForm(this.#placement, form, row);
    const weightOf = new Map(stored.terms.map(({ term, weight }) => [term, weight]));
    const separate = [...termsByRegister(form)].map(
      ([register, terms]): FormPart => ({
        register,
        values: this.#partOf(
          register,
          terms.map((t) => ({ feature: t.feature, weight: numberOf(weightOf, t) })),
          row.isAlone ?? false,
        ),
        ideal: Array.from({ length: this.#codes.get(register)?.length ?? 0 }, (_, v) =>
          terms.reduce((sum, t) => {
            const f = register.features[t.feature];
            return sum + t.weight * row.scale * ((v === 0 ? f?.bos : f?.levels?.[v - 1]) ?? 0);
          }, 0),
        ),
        spread: Array.from({ length: this.#codes.get(register)?.length ?? 0 }, (_, v) =>
          terms.reduce((sum, t) => sum + Math.abs(t.weight) * row.scale * (register.features[t.feature]?.spread?.[v - 1] ?? 0), 0),
        ),
      }),
    );
    const parts = withBos(separate, this.#placement.circuit.bos);
    const constant = row.scale * form.constant + row.extra;
    const references = stored.meanLeft * this.mean;
    return { parts, constant: widen(point(constant), Math.abs(stored.constant.left) + references + 2 * SINGLE * Math.abs(constant)) };
  }

  /** How far the sum can be off before it is rounded, beyond what is expected: for each register the worst of its values. */
  deviation({ parts, constant }: ReadForm, idealConstant: number): number {
    return parts.reduce(
      (sum, { values, ideal, spread }) => sum + Math.max(0, ...values.map((x, v) => distance(x, numberAt(ideal, v)) - numberAt(spread, v))),
      distance(constant, idealConstant),
    );
  }

  /** How far a form can be off once it is rounded. */
  formError(form: Form, hasBias: boolean): number {
    const read = this.read(form, { scale: 1, extra: 0, hasBias });
    const [only] = read.parts;
    if (read.parts.length === 0) return distance(round(this.#dtype, read.constant), form.constant);
    if (read.parts.length === 1 && only !== undefined) {
      return Math.max(
        ...only.values.map((x, v) => distance(round(this.#dtype, add(x, read.constant)), numberAt(only.ideal, v) + form.constant)),
      );
    }
    const { low, high } = formRange(form);
    return this.deviation(read, form.constant) + this.#unit * Math.max(Math.abs(low), Math.abs(high));
  }

  /** A side's vectors, rounded, at every value of the one register that it reads; null where it reads several. */
  sides(side: readonly { readonly form: Form; readonly read: ReadForm }[], factor: number): Side[] | null {
    if (side.some(({ read }) => read.parts.length > 1)) return null;
    const rows = Math.max(...side.map(({ read }) => read.parts[0]?.values.length ?? 1));
    const first = rows === 1 ? 0 : 1;
    return Array.from({ length: rows - first }, (_, i) => {
      const errors = new Float64Array(side.length);
      const numbers = new Float64Array(side.length);
      for (const [dimension, { form, read }] of side.entries()) {
        const [part] = read.parts;
        const v = Math.min(i + first, (part?.values.length ?? 1) - 1);
        const ideal = (part?.ideal[v] ?? 0) + factor * form.constant;
        const error = distance(round(this.#dtype, add(part?.values[v] ?? point(0), read.constant)), ideal) / factor;
        errors[dimension] = error < TINY ? 0 : error;
        numbers[dimension] = ideal / factor;
      }
      return { vector: sparseOf(side.length, (dimension) => numberAt(numbers, dimension)), ...sideErrorsOf(errors) };
    });
  }

  /** How far a rounded form is from its ideal, times its scale: by value where it reads one register. */
  roundedError(read: ReadForm, form: Form, factor: number): number {
    const ideal = factor * form.constant;
    const [only] = read.parts;
    if (read.parts.length === 0) return distance(round(this.#dtype, read.constant), ideal);
    if (read.parts.length === 1 && only !== undefined) {
      const errors = only.values.map((x, v) => distance(round(this.#dtype, add(x, read.constant)), numberAt(only.ideal, v) + ideal));
      return Math.max(...errors.map((e) => (e < TINY * factor ? 0 : e)));
    }
    return this.deviation(read, ideal) + this.#unit * factor * largestNumber(form);
  }
}

/** Below this a difference of two forms is float64's own. */
const TINY = 1e-12;

export function largestNumber(form: Form): number {
  const { low, high } = formRange(form);
  return Math.max(Math.abs(low), Math.abs(high));
}
