/** Graph to graph, same meaning: each rewrite in turn (`rewrites.ts`), every one by a law that the checker knows too. */
import type { Graph, Selector, SOp } from '../../graph/graph.ts';
import type { Export } from '../../graph/program.ts';
import type { Traits } from '../../targets/target.ts';
import type { Assumptions } from '../facts/facts.ts';
import { ALL_OPTIMIZATIONS, type Optimization } from '../optimizations.ts';
import { rewriteGraph } from './rewrite-graph.ts';
import { REWRITES } from './rewrites.ts';

export interface Simplified {
  readonly exports: readonly Export[];
  /** The selectors of widths that became sums. */
  readonly splits: ReadonlyMap<SOp, Selector>;
  /** The names of the laws by which something changed, in order. */
  readonly laws: readonly string[];
}

/** @param sees which keys the target's queries see: where they see all, a causal program gets a condition of its own */
export function simplify(
  graph: Graph,
  exports: readonly Export[],
  assumptions: Assumptions,
  sees: Traits['attention'] = 'causal',
  optimizations: ReadonlySet<Optimization> = ALL_OPTIMIZATIONS,
): Simplified {
  const splits = new Map<SOp, Selector>();
  const laws: string[] = [];
  let current = exports;
  for (const { law, optimization, ruleFor } of REWRITES) {
    if (optimization !== null && !optimizations.has(optimization)) continue;
    const roots = current.map(({ node }) => node);
    const rule = ruleFor({ graph, roots, assumptions, sees, optimizations, splits });
    if (rule === null) continue;
    const images = rewriteGraph(graph, roots, rule);
    const next = current.map((each) => ({ ...each, node: images.get(each.node) as SOp }));
    if (next.some(({ node }, i) => node !== roots[i])) laws.push(law.name);
    current = next;
  }
  return { exports: current, splits, laws };
}
