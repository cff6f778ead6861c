/** What is assumed of the inputs, as facts about counts. */
import type { Selector, SOp } from '../../graph/graph.ts';

export interface Assumed {
  readonly allowed: ReadonlyMap<SOp, ReadonlySet<string>>;
  /** The fewest and the most positions that a selector selects in a row. */
  readonly counts: ReadonlyMap<Selector, { readonly low: number; readonly high: number }>;
}

export const NOTHING_ASSUMED: Assumed = { allowed: new Map(), counts: new Map() };
