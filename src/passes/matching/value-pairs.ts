/** Several s-ops as one, for predicates that read all of them: the tuple's value is a number that determines each. */
import type { Domain } from '../../graph/domain.ts';
import type { Graph, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Facts } from '../facts/facts.ts';

/**
 * Σ index(s-op) × (the product of the sizes behind it): the tuples in row-major order of the domains, which must be finite. Tuples that never
 * occur have their numbers too, so that a number's digits are the values.
 */
export function tupleNode(graph: Graph, facts: Facts, nodes: readonly SOp[]): SOp {
  const [first, ...rest] = nodes as [SOp, ...SOp[]];
  if (rest.length === 0) return first;
  const sizes = nodes.map((node) => finite(facts.of(node).domain).length);
  const terms = nodes.map((node, i) => {
    const weight = sizes.slice(i + 1).reduce((product, size) => product * size, 1);
    const index = indexNode(graph, facts, node);
    return i === nodes.length - 1 ? index : graph.binary('*', index, graph.constant(BigInt(weight)));
  });
  return terms.reduce((sum, term) => graph.binary('+', sum, term, first.spans[0]));
}

function indexNode(graph: Graph, facts: Facts, node: SOp): SOp {
  const entries = finite(facts.of(node).domain).map((value, i): readonly [Value, Value] => [value, BigInt(i)]);
  return graph.elementwise({ kind: 'lookup', table: { kind: 'dictionary', entries } }, [node]);
}

function finite(domain: Domain): readonly Value[] {
  if (domain.kind !== 'finite') throw new Error('a pair of values that are not enumerated');
  return domain.values;
}
