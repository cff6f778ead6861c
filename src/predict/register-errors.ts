/**
 * Error bounds of a register's features, by value. Of a register written by steps the dimension of the value at hand is nearly exact
 * (its step has just been taken) while those of smaller values carry the rounding of large pre-activations; keeping the two apart
 * is what lets counts be counted again.
 */

import type { Form, Register, Term } from '../circuit/circuit.ts';
import { floatAt } from '../tensor/number-at.ts';

export class RegisterErrors {
  readonly #register: Register;
  /** By feature: an error at any value. */
  readonly #anywhere: Float64Array;
  /** `[value + 1, feature]`, row 0 being BOS: errors besides. */
  readonly #byValue: Float64Array | null;

  constructor(register: Register, byValue: boolean) {
    this.#register = register;
    this.#anywhere = new Float64Array(register.features.length);
    const values = register.features[0]?.levels?.length;
    this.#byValue = byValue && values !== undefined ? new Float64Array((values + 1) * register.features.length) : null;
  }

  add(feature: number, error: number): void {
    this.#anywhere[feature] = floatAt(this.#anywhere, feature) + error;
  }

  addAt(value: number, feature: number, error: number): void {
    if (this.#byValue === null) {
      this.add(feature, error);
      return;
    }
    const at = (value + 1) * this.#register.features.length + feature;
    this.#byValue[at] = floatAt(this.#byValue, at) + error;
  }

  /** @param value the index of a value, or -1 at BOS */
  at(value: number, feature: number): number {
    return this.anywhere(feature) + this.besides(value, feature);
  }

  /** What there is whatever the value. */
  anywhere(feature: number): number {
    return floatAt(this.#anywhere, feature);
  }

  /** What one value has besides. */
  besides(value: number, feature: number): number {
    return this.#byValue?.[(value + 1) * this.#register.features.length + feature] ?? 0;
  }

  /** What each of the first values has besides; nothing where none has. */
  column(feature: number, values: number): Float64Array {
    const column = new Float64Array(this.#byValue === null ? 0 : values);
    for (let value = 0; value < column.length; value++) column[value] = this.besides(value, feature);
    return column;
  }

  /** Whether the bounds depend on the value. */
  get varies(): boolean {
    return this.#byValue !== null;
  }
}

export type ErrorTable = ReadonlyMap<Register, RegisterErrors>;

/** The error that a form inherits from the registers it reads: for each register the worst of its values. */
export function inheritedError(form: Form, errors: ErrorTable): number {
  let total = 0;
  for (const [register, terms] of termsByRegister(form)) {
    const own = errors.get(register);
    if (own === undefined) continue;
    const values = own.varies ? (register.features[0]?.levels?.length ?? 0) : 0;
    let worst = 0;
    for (let v = -1; v < values; v++) {
      worst = Math.max(
        worst,
        terms.reduce((sum, t) => sum + Math.abs(t.weight) * own.at(v, t.feature), 0),
      );
    }
    total += worst;
  }
  return total;
}

export function termsByRegister(form: Form): Map<Register, Term[]> {
  const grouped = new Map<Register, Term[]>();
  for (const term of form.terms) {
    const known = grouped.get(term.register);
    if (known === undefined) grouped.set(term.register, [term]);
    else known.push(term);
  }
  return grouped;
}
