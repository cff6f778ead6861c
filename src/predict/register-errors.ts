/**
 * Error bounds of a register's features, by value. Of a register written by steps the dimension of the value at hand is nearly exact
 * (its step has just been taken) while those of smaller values carry the rounding of large pre-activations; keeping the two apart
 * is what lets counts be counted again.
 */

import type { Form, Register, Term } from '../circuit/circuit.ts';
import { spend } from '../circuit/effort.ts';
import { floatAt, numberAt } from '../tensor/number-at.ts';

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

  /** The most that a sum of features is off by at any value. Scores of many positions name each feature as often as there are of them. */
  largestOf(terms: readonly Term[]): number {
    const weights = new Map<number, number>();
    for (const { feature, weight } of terms) weights.set(feature, (weights.get(feature) ?? 0) + Math.abs(weight));
    let anywhere = 0;
    for (const [feature, weight] of weights) anywhere += weight * this.anywhere(feature);
    if (this.#byValue === null) return anywhere;
    const features = Int32Array.from(weights.keys());
    const sizes = Float64Array.from(weights.values());
    spend(((this.#byValue.length / this.#register.features.length) * features.length) / 2);
    let worst = 0;
    for (let start = 0; start < this.#byValue.length; start += this.#register.features.length) {
      let besides = 0;
      for (let i = 0; i < features.length; i++) besides += floatAt(sizes, i) * floatAt(this.#byValue, start + numberAt(features, i));
      worst = Math.max(worst, besides);
    }
    return anywhere + worst;
  }

  /** Whether the bounds depend on the value. */
  get varies(): boolean {
    return this.#byValue !== null;
  }
}

/** What sorting a term takes. */
const TURNS_A_TERM = 4;

export type ErrorTable = ReadonlyMap<Register, RegisterErrors>;

/** The error that a form inherits from the registers it reads: for each register the worst of its values. */
export function inheritedError(form: Form, errors: ErrorTable): number {
  let total = 0;
  for (const [register, terms] of termsByRegister(form)) total += errors.get(register)?.largestOf(terms) ?? 0;
  return total;
}

export function termsByRegister(form: Form): Map<Register, Term[]> {
  spend(TURNS_A_TERM * form.terms.length);
  const grouped = new Map<Register, Term[]>();
  for (const term of form.terms) {
    const known = grouped.get(term.register);
    if (known === undefined) grouped.set(term.register, [term]);
    else known.push(term);
  }
  return grouped;
}
