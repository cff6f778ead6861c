/** What the scores of a group of a head's dimensions are off by, because of what its queries and keys read. */
import type { LostDistance } from './score-distances.ts';

export interface ScoreError {
  /** Nats, of keys that are selected. */
  readonly selected: number;
  /** Nats, of any key. */
  readonly any: number;
}

/** The same, with what the rounding of the sum goes by: its largest sum of absolute products, and how many of them are not 0 at once. */
export interface InheritedScoreError extends ScoreError {
  /** What the two leave of the ideal distance between a selected key and any other, if that says more than they do by themselves. */
  readonly lost: LostDistance;
  readonly magnitude: number;
  readonly products: number;
}
