/** What a rewrite of the graph is: a rule, and the law that says why a program means the same after it. */
import type { Graph, Selector, SOp } from '../../graph/graph.ts';
import type { Traits } from '../../targets/target.ts';
import type { Assumptions } from '../facts/facts.ts';
import type { Optimization } from '../optimizations.ts';
import type { Rule } from './rewrite-graph.ts';

/**
 * The mathematics of a rewrite. The checker has a law of the same name (`src/checker/meaning/laws/`), written apart from this one, by which
 * it re-establishes what the rewrite did; a test compiles the example and demands that proof.
 */
export interface Law {
  readonly name: string;
  readonly statement: string;
  /** What has to hold of the program or the target for the law to be used. */
  readonly requires: string;
  /** What holds of the graph afterwards. */
  readonly ensures: string;
  readonly example: LawExample;
}

/** One program before the rewrite alone, and the same after it; `said` is exported. */
export interface LawExample {
  readonly before: string;
  readonly after: string;
  /** Its tokens, if they are not a, b and c. */
  readonly alphabet?: string;
  readonly causal: boolean;
  /** Which keys the target's queries see. */
  readonly sees: Traits['attention'];
}

export interface Rewrite {
  readonly law: Law;
  /** What leaves it out; null where later passes rely on it. */
  readonly optimization: Optimization | null;
  /** The rule for each node of a program; null where there is nothing for it to do. */
  readonly ruleFor: (request: RewriteRequest) => Rule | null;
}

export interface RewriteRequest {
  readonly graph: Graph;
  /** What the program exports, after the rewrites before this one. */
  readonly roots: readonly SOp[];
  readonly assumptions: Assumptions;
  readonly sees: Traits['attention'];
  readonly optimizations: ReadonlySet<Optimization>;
  /** To be added to: which s-ops are the widths of selectors that had to be taken apart. */
  readonly splits: Map<SOp, Selector>;
}
