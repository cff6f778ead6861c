/** Turns forms into rows that read the residual stream, and writes into rows that are added to it. */
import type { Form, Write } from '../circuit/circuit.ts';
import type { Placement } from '../placement/placement.ts';

export class RowWriter {
  readonly #placement: Placement;

  constructor(placement: Placement) {
    this.#placement = placement;
  }

  /** Adds `scale × form + extra`, its constant by bias where there is one. Rows sum to zero where the stream has a mean. */
  readWithBias(form: Form, row: Float64Array, scale: number, bias: Float64Array | undefined, at: number, extra = 0): void {
    const { references } = this.#placement.frame;
    for (const { register, feature, weight } of form.terms) {
      add(row, this.#dimension(register, feature), scale * weight);
      const reference = references.get(register);
      if (reference !== undefined) add(row, reference, -scale * weight);
    }
    const constant = scale * form.constant + extra;
    if (bias !== undefined) bias[at] = (bias[at] as number) + constant;
    else if (constant !== 0) this.readConstant(constant, row);
  }

  /** A constant as weights on the anchors, for a target without the bias. */
  readConstant(constant: number, row: Float64Array): void {
    const { anchors, amplitude, balance } = this.#placement.frame;
    for (const [i, anchor] of anchors.entries()) {
      const sign = balance !== null && 2 * i >= anchors.length ? -1 : 1;
      add(row, anchor, (sign * constant) / (anchors.length * amplitude));
    }
  }

  /** Adds a write, and what keeps the stream's mean at zero. */
  write({ register, feature, weight }: Write, row: Float64Array, scale: number): void {
    const amount = scale * weight;
    add(row, this.#dimension(register, feature), amount);
    const { balance } = this.#placement.frame;
    if (balance !== null) add(row, balance, -amount);
  }

  #dimension(register: Write['register'], feature: number): number {
    const dimension = this.#placement.dimensions.get(register)?.[feature];
    if (dimension === undefined) throw new Error(`feature ${feature} of ${register.name} has no dimension`);
    return dimension;
  }
}

function add(row: Float64Array, at: number, amount: number): void {
  row[at] = (row[at] as number) + amount;
}
