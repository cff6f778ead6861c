/**
 * How far a head's scores can be from their ideals: separately for selected keys, whose scores must be equal where they are counted
 * or averaged, and for any key, whose score must stay below.
 */

import type { Circuit, Form, Register, ScorePair } from '../../circuit/circuit.ts';
import { formRange } from '../form-range.ts';
import { type ErrorTable, inheritedError } from '../register-errors.ts';
import { rowRounding } from '../row-rounding.ts';
import { compareSides } from './compare-sides.ts';
import type { InheritedScoreError } from './inherited-error.ts';
import { scoreSides } from './score-sides.ts';

/** One head dimension, and what storing loses of its forms: absolute weights. */
export interface StoredScore extends ScorePair {
  readonly queryLost: Form;
  readonly keyLost: Form;
}

/** Gives what is known of a group already, or measures it. */
export type Reuse = (group: readonly StoredScore[], measure: () => InheritedScoreError) => InheritedScoreError;

/** What registers and stored weights contribute; the norm's and the sum's own rounding come on top. */
export function inheritedScoreError(
  scores: readonly StoredScore[],
  bos: Circuit['bos'],
  errors: ErrorTable,
  mean: number,
  reuse: Reuse = (_, measure) => measure(),
): InheritedScoreError {
  const groups = groupByOperands(scores, bos).map((group) =>
    reuse(group, () => pairwiseError(group, bos, errors, mean) ?? overallError(group, errors, mean)),
  );
  const sum = (part: (group: InheritedScoreError) => number) => groups.reduce((total, group) => total + part(group), 0);
  return {
    selected: sum((group) => group.selected),
    any: sum((group) => group.any),
    lost: { apart: sum((group) => group.lost.apart), closer: sum((group) => group.lost.closer) },
    magnitude: sum((group) => group.magnitude),
    products: sum((group) => group.products),
  };
}

/** Dimensions that compare the same query registers with the same key registers. */
export function groupByOperands<Score extends ScorePair>(scores: readonly Score[], bos: Register): Score[][] {
  const groups = new Map<string, Score[]>();
  for (const score of scores) {
    const key = `${operands(score.query, bos)} ${operands(score.key, bos)}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [score]);
    else known.push(score);
  }
  return [...groups.values()];
}

function operands(form: Form, bos: Register): string {
  const ids = new Set<number>();
  for (const { register } of form.terms) if (register !== bos) ids.add(register.id);
  return [...ids].sort((a, b) => a - b).join(',');
}

/** By enumeration of the values of both sides, where each side reads at most one register. */
function pairwiseError(group: readonly StoredScore[], bos: Register, errors: ErrorTable, mean: number): InheritedScoreError | null {
  const queries = scoreSides(
    group.map((s) => ({ form: s.query, lost: s.queryLost })),
    bos,
    errors,
    mean,
  );
  const keys = scoreSides(
    group.map((s) => ({ form: s.key, lost: s.keyLost })),
    bos,
    errors,
    mean,
  );
  return queries === null || keys === null ? null : compareSides(queries, keys);
}

/** From the largest numbers and errors of each dimension, whatever they read. */
function overallError(group: readonly StoredScore[], errors: ErrorTable, mean: number): InheritedScoreError {
  let total = 0;
  let magnitude = 0;
  for (const { query, key, queryLost, keyLost } of group) {
    const queryError = inheritedError(query, errors) + formRange(queryLost).absolute + queryLost.constant + roundingOf(query, errors, mean);
    const keyError = inheritedError(key, errors) + formRange(keyLost).absolute + keyLost.constant + roundingOf(key, errors, mean);
    magnitude += largest(query) * largest(key);
    total += largest(query) * keyError + largest(key) * queryError + queryError * keyError;
  }
  return { selected: total, any: total, lost: { apart: 2 * total, closer: total }, magnitude, products: group.length };
}

function roundingOf(form: Form, errors: ErrorTable, mean: number): number {
  return rowRounding(form, formRange(form).absolute + Math.abs(form.constant), inheritedError(form, errors), mean);
}

export function largest(form: Form): number {
  const { low, high } = formRange(form);
  return Math.max(Math.abs(low), Math.abs(high));
}
