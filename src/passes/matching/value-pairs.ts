/** Two s-ops as one, for predicates that read both: the pair's value is a number that determines both. */
import type { Domain } from '../../graph/domain.ts';
import type { Graph, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Facts } from '../facts/facts.ts';

/** `index(a) × |b| + index(b)`: the pairs in row-major order of the two domains, which must be finite. */
export function pairNode(graph: Graph, facts: Facts, a: SOp, b: SOp): SOp {
  const sizeOfB = finite(facts.of(b).domain).length;
  const scaled = graph.binary('*', indexNode(graph, facts, a), graph.constant(BigInt(sizeOfB)));
  return graph.binary('+', scaled, indexNode(graph, facts, b), a.spans[0]);
}

function indexNode(graph: Graph, facts: Facts, node: SOp): SOp {
  const entries = finite(facts.of(node).domain).map((value, i): readonly [Value, Value] => [value, BigInt(i)]);
  return graph.elementwise({ kind: 'lookup', table: { kind: 'dictionary', entries } }, [node]);
}

function finite(domain: Domain): readonly Value[] {
  if (domain.kind !== 'finite') throw new Error('a pair of values that are not enumerated');
  return domain.values;
}
