/** Forms and writes as the checkpoint holds them: every weight rounded to its dtype, constants split so that nothing of them is lost. */
import type { Form, Register, Term, Write } from '../circuit/circuit.ts';
import { anchorUnits, type Placement, unitReading } from './placement.ts';
import { type SplitConstant, splitConstant } from './storage.ts';

export interface StoredForm {
  readonly terms: readonly { readonly term: Term; readonly weight: number }[];
  /** By reference dimension, the negative sum of the weights whose mean it cancels. */
  readonly references: readonly { readonly dimension: number; readonly weight: number }[];
  readonly constant: SplitConstant;
  /** What is left of the mean that a norm computes, a number for each unit of it. */
  readonly meanLeft: number;
}

/** How a form is put into a row: `scale × form + extra`, its constant by bias where there is one. */
export interface RowOptions {
  readonly scale: number;
  readonly extra: number;
  readonly hasBias: boolean;
  /** Whether no reference is read beside it, so that an error of the mean is not cancelled. */
  readonly isAlone?: boolean;
}

/** Rows sum to zero where the stream has a mean, unless they read one number alone. */
export function storedForm(
  { frame, storage }: Pick<Placement, 'frame' | 'storage'>,
  form: Form,
  { scale, extra, hasBias, isAlone = false }: RowOptions,
): StoredForm {
  const sums = new Map<number, number>();
  const late = new Map<Register, number>();
  const terms = form.terms.map((term) => {
    const { register } = term;
    const weight = storage.weight(scale * term.weight);
    const reference = isAlone ? undefined : frame.references.get(register);
    if (reference !== undefined) {
      sums.set(reference.dimension, (sums.get(reference.dimension) ?? 0) + weight);
      if (reference.lag > 0) late.set(register, (late.get(register) ?? 0) + reference.lag * weight);
    }
    return { term, weight };
  });
  const references = [...sums].map(([dimension, sum]) => ({ dimension, weight: storage.weight(-sum) }));
  const unbalanced = [...sums.values()].reduce((left, sum, i) => left + Math.abs(sum + (references[i]?.weight ?? 0)), 0);
  const meanLeft = [...late.values()].reduce((left, sum) => left + Math.abs(sum), unbalanced);
  const constant = splitConstant(scale * form.constant + extra, hasBias, unitReading(frame), anchorUnits(frame), storage);
  return { terms, references, constant, meanLeft };
}

export interface StoredWrites {
  readonly weights: readonly { readonly write: Write; readonly weight: number }[];
  /** For the balance dimensions: the negative sum of what they balance. */
  readonly balances: readonly { readonly dimension: number; readonly weight: number }[];
  /** What the row adds to the sum of the stream all the same. */
  readonly unbalanced: number;
}

/**
 * The writes of one row, `scale ×` their weights, and what keeps the stream's mean at zero.
 * @param store what becomes of a number there: of a weight, or of an entry of an embedding
 */
export function storedWrites(
  { frame }: Pick<Placement, 'frame'>,
  writes: readonly Write[],
  scale: number,
  store: (value: number) => number,
): StoredWrites {
  const sums = new Map<number, number>();
  const weights = writes.map((write) => {
    const weight = store(scale * write.weight);
    const balance = frame.ownBalance.get(write.register)?.[write.feature] ?? frame.balance;
    if (balance !== null) sums.set(balance, (sums.get(balance) ?? 0) + weight);
    return { write, weight };
  });
  const balances = [...sums].map(([dimension, sum]) => ({ dimension, weight: store(-sum) }));
  const unbalanced = [...sums.values()].reduce((total, sum, i) => total + Math.abs(sum + (balances[i]?.weight ?? 0)), 0);
  return { weights, balances, unbalanced };
}
