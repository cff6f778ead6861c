/**
 * Numbers that a head of equal scores leaves behind: a share of the positions so far over another one. Whatever the stream's scale, both change
 * alike, so that a comparison of their quotient with a number is a comparison of a linear form with zero.
 */
import type { Form } from '../../../circuit/circuit.ts';
import { combineForms } from '../../../circuit/form.ts';

/** One way to read the number, where the query is of one class. */
export interface RatioCase {
  /** 0 where the case applies, at least 1 where it does not; null: it always does. */
  readonly gate: Form | null;
  readonly numerator: Form;
  readonly denominator: Form;
}

/** The number is numerator / denominator, both whole numbers (or multiples of `grain`) times `unit`, which is 1 / (n + 1) or 1. */
export interface RatioCode {
  readonly cases: readonly RatioCase[];
  readonly unit: Form;
  /** The least that `unit` can be. */
  readonly leastUnit: number;
  /** What denominators there are, in units: 1 only, or each up to the context. */
  readonly counted: 'units' | 'positions';
  /** Numerators are multiples of this, in units. */
  readonly grain: number;
  /** Bounds of the numerator, in units of the denominator. */
  readonly low: number;
  readonly high: number;
  /** The value's index where the denominator is zero; null where it never is. */
  readonly absent: number | null;
}

/** `numerator − slope·denominator − offset·unit` is at least `margin` units above zero beyond a boundary, and as much below before it. */
export interface Separator {
  readonly slope: number;
  readonly offset: number;
  readonly margin: number;
}

/** The widest separator between two neighbouring values. */
export function separatorBetween(
  below: number,
  above: number,
  { counted, grain }: Pick<RatioCode, 'counted' | 'grain'>,
  context: number,
): Separator {
  if (counted === 'units') return { slope: 0, offset: (below + above) / 2, margin: (above - below) / 2 };
  let margin = Number.POSITIVE_INFINITY;
  const slack = 1e-9;
  for (let b = 1; b <= context; b++) margin = Math.min(margin, Math.ceil((above * b) / grain - slack) * grain - below * b);
  return { slope: below, offset: margin / 2, margin: margin / 2 };
}

/** What a step reads: above zero beyond the boundary. */
export function separatorForm({ numerator, denominator }: RatioCase, { unit }: RatioCode, { slope, offset }: Separator): Form {
  return combineForms([
    { form: numerator, weight: 1 },
    { form: denominator, weight: -slope },
    { form: unit, weight: -offset },
  ]);
}
