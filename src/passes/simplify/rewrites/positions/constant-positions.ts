/** What a causal program computes from positions alone, as a table of the position: `length` then needs no head. */
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { argumentsOf, type GraphNode, isSelector, reachable, type SOp } from '../../../../graph/graph.ts';
import type { Value } from '../../../../graph/value.ts';
import type { Rewrite } from '../../rewrite.ts';

export const constantPositions: Rewrite = {
  law: {
    name: 'constant-positions',
    statement:
      'where every selector is causal, an s-op of indices and constants alone has at position i, on every input, the value it has there on the longest',
    requires: 'a causal program; no tokens below the s-op',
    ensures: 'no aggregate and no width is made of positions alone',
    example: {
      before: 'seen = selector_width(select(1, 1, ==)); said = tokens == "a" and seen > 2;',
      after: 'seen = [1, 2, 3, 4, 5][indices]; said = tokens == "a" and seen > 2;',
      causal: true,
      sees: 'causal',
    },
  },
  optimization: 'constant-positions',
  ruleFor: ({ graph, roots, assumptions: { context, causal } }) => {
    if (!causal) return null;
    const nodes = reachable(roots);
    const positional = new Set<GraphNode>();
    for (const node of nodes) if (node.kind !== 'tokens' && argumentsOf(node).every((a) => positional.has(a))) positional.add(node);
    const folded = nodes.filter(
      (n): n is SOp => positional.has(n) && (n.kind === 'aggregate' || n.kind === 'width' || n.kind === 'reduction'),
    );
    if (folded.length === 0) return null;
    const tables = new Map<SOp, readonly Value[]>();
    const results = evaluate(folded, new Array<Value>(context).fill(0n), { causal });
    for (const node of folded) tables.set(node, (results.get(node) as Sequence).values);
    return (rebuilt, node) => {
      const items = isSelector(node) ? undefined : tables.get(node);
      return items === undefined
        ? null
        : graph.elementwise({ kind: 'lookup', table: { kind: 'list', items } }, [graph.indices()], rebuilt.spans[0]);
    };
  },
};
