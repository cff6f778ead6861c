/** Forms and writes as the checkpoint holds them: every weight rounded to its dtype, constants split so that nothing of them is lost. */
import type { Form, Term, Write } from '../circuit/circuit.ts';
import { anchorUnits, type Placement, unitReading } from './placement.ts';
import { type SplitConstant, splitConstant } from './storage.ts';

export interface StoredForm {
  readonly terms: readonly { readonly term: Term; readonly weight: number }[];
  /** The weight of the reference dimension: the negative sum of the others. */
  readonly reference: number;
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
  const terms = form.terms.map((term) => ({ term, weight: storage.weight(scale * term.weight) }));
  const sum = isAlone || frame.reference === null ? 0 : terms.reduce((total, { weight }) => total + weight, 0);
  const reference = storage.weight(-sum);
  const meanLeft = Math.abs(sum + reference);
  const constant = splitConstant(scale * form.constant + extra, hasBias, unitReading(frame), anchorUnits(frame), storage);
  return { terms, reference, constant, meanLeft };
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
