/** Puts forms into rows that read the residual stream, and writes into rows that are added to it. */
import type { Form, Write } from '../../circuit/circuit.ts';
import { anchorUnits, type Placement } from '../../placement/placement.ts';
import { type RowOptions, storedForm, storedWrites } from '../../placement/stored-form.ts';

/** A row of biases, and which of them belongs to the row at hand. */
export interface BiasAt {
  readonly data: Float64Array;
  readonly at: number;
}

export class RowWriter {
  readonly #placement: Placement;

  constructor(placement: Placement) {
    this.#placement = placement;
  }

  /** Puts `scale × form + extra` into a row, its constant into the bias where there is one. */
  read(form: Form, row: Float64Array, bias: BiasAt | null, options: Partial<Omit<RowOptions, 'hasBias'>> = {}): void {
    const { frame } = this.#placement;
    const { terms, reference, constant } = storedForm(this.#placement, form, { scale: 1, extra: 0, ...options, hasBias: bias !== null });
    for (const { term, weight } of terms) add(row, this.#dimension(term), weight);
    if (frame.reference !== null) add(row, frame.reference, reference);
    if (bias !== null) bias.data[bias.at] = constant.bias;
    for (const [unit, weight] of constant.anchors.entries()) {
      add(row, frame.anchors[unit] as number, weight);
      if (frame.balance !== null) add(row, frame.anchors[unit + anchorUnits(frame)] as number, -weight);
    }
  }

  /** Adds `scale ×` writes to a row of weights. */
  write(writes: readonly Write[], row: Float64Array, scale = 1): void {
    this.#write(writes, row, scale, this.#placement.storage.weight);
  }

  /** Adds writes to a row of the token embedding, as numbers in front of what scales it. */
  embed(writes: readonly Write[], row: Float64Array): void {
    this.#write(writes, row, 1, this.#placement.storage.embedding);
  }

  #write(writes: readonly Write[], row: Float64Array, scale: number, store: (value: number) => number): void {
    const stored = storedWrites(this.#placement, writes, scale, store);
    for (const { write, weight } of stored.weights) add(row, this.#dimension(write), weight);
    for (const { dimension, weight } of stored.balances) add(row, dimension, weight);
  }

  #dimension({ register, feature }: Pick<Write, 'register' | 'feature'>): number {
    const dimension = this.#placement.dimensions.get(register)?.[feature];
    if (dimension === undefined) throw new Error(`feature ${feature} of ${register.name} has no dimension`);
    return dimension;
  }
}

function add(row: Float64Array, at: number, amount: number): void {
  row[at] = (row[at] as number) + amount;
}
