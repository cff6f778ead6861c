/** From what was measured of a head to what is said of it: it is a function, resembles one, or is nothing known. */
import type { Candidate } from './candidate.ts';
import type { HeadEffect } from './effect/intervene.ts';
import type { HeadLook, Trial } from './look.ts';

export type Verdict = 'is' | 'resembles' | 'nothing known';

/** The bounds of the verdicts; docs/match.md says where they come from. */
export const BOUNDS = {
  /** The probability, corrected for all heads and programs that were tried, that chance attends so. */
  p: 0.01,
  /** Overlap of the pattern. */
  is: 0.6,
  resembles: 0.35,
  /** Nulls may have so much of the overlap. */
  null: 0.5,
  /** Queries below which nothing is said. */
  queries: 16,
  /** The least share of the head's effect that the program's pattern makes good. */
  explained: 0.5,
  /** Overlaps this near to each other are told apart by where the head rests. */
  tie: 0.05,
  /** Attention that has to be on what is selected, sinks included. */
  raw: 0.1,
} as const;

/** Natural logarithm of the corrected p-value: by Bonferroni, over all heads and all candidates. */
export function correctedLogP({ fit }: Trial, tests: number): number {
  return Math.min(0, fit.logP + Math.log(tests));
}

/** Whether a trial beats every null. */
export function isBeyondNulls(trial: Trial, tests: number): boolean {
  const { fit, shuffled, permuted } = trial;
  return (
    correctedLogP(trial, tests) <= Math.log(BOUNDS.p) &&
    permuted <= BOUNDS.null * fit.overlap &&
    (shuffled === null || shuffled <= BOUNDS.null * fit.overlap)
  );
}

/** The candidate that fits a head best among those that no null explains; null where there is none. */
export function bestTrial(look: HeadLook, candidates: readonly Candidate[], tests: number): Trial | null {
  // equal scores are no statistic: no null has them by chance
  if (look.isEven) return look.trials.find(({ candidate }) => candidates[candidate]?.name === EVEN) ?? null;
  const able = look.trials.filter(
    (trial) =>
      trial.fit.queries >= BOUNDS.queries &&
      trial.fit.overlap >= BOUNDS.resembles &&
      trial.fit.raw >= BOUNDS.raw &&
      isBeyondNulls(trial, tests),
  );
  // resting on the first position is what heads do that have nothing else to do
  const own = able.filter(({ candidate }) => candidates[candidate]?.name !== SINK);
  const pool = own.length > 0 ? own : able;
  const top = Math.max(0, ...pool.map(({ fit }) => fit.overlap));
  const near = pool.filter(({ fit }) => fit.overlap >= top - BOUNDS.tie);
  return near.reduce<Trial | null>(
    (best, trial) => (best === null || (trial.fit.rest ?? 0) > (best.fit.rest ?? 0) + 0.02 ? trial : best),
    null,
  );
}

/** The candidates that are told apart: the one that is a sink, and the one that attends everywhere alike. */
export const SINK = 'first_token';
export const EVEN = 'everything';

/** @param effect null where it was not measured: then a head is never said to be a function */
export function verdictOf(trial: Trial | null, effect: HeadEffect | null): Verdict {
  if (trial === null) return 'nothing known';
  const isPattern = trial.fit.overlap >= BOUNDS.is;
  return isPattern && effect !== null && effect.explained.low >= BOUNDS.explained ? 'is' : 'resembles';
}
