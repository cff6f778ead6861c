/** A warning about a node of the graph, and how several that follow from one another become one. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { type GraphNode, reachable } from '../graph/graph.ts';

export interface Finding {
  readonly node: GraphNode;
  readonly diagnostic: Diagnostic;
}

const MOST_NOTES = 3;

/** One diagnostic a cause: what reads a node that is warned of is a note of that warning. */
export function oneEach(findings: readonly Finding[]): Diagnostic[] {
  const causes = new Map<GraphNode, { readonly diagnostic: Diagnostic; readonly notes: string[] }>();
  for (const { node, diagnostic } of [...findings].sort((a, b) => a.node.id - b.node.id)) {
    if (causes.has(node)) continue;
    const cause = reachable([node]).find((each) => causes.has(each));
    const known = cause === undefined ? undefined : causes.get(cause);
    if (known === undefined) causes.set(node, { diagnostic, notes: [...diagnostic.notes] });
    else if (known.notes.length < MOST_NOTES && diagnostic.code !== known.diagnostic.code) known.notes.push(`and so ${diagnostic.message}`);
  }
  return [...causes.values()].map(({ diagnostic, notes }) => ({ ...diagnostic, notes }));
}
