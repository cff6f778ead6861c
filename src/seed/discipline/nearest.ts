/** The first or the last of some distances: it is the largest or the least that there is, so that each is looked up by a head of its own. */
import type { Form } from '../../circuit/circuit.ts';
import { constantForm } from '../../circuit/form.ts';
import type { Aggregate, SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Condition } from '../../passes/matching/condition.ts';
import { type LoweringSource, refuse, sameValue } from './lowering-source.ts';

/** A selector of so many distances is as many heads. */
export const MOST_OFFSETS = 8;

/** What a selector asks for. */
interface Sought {
  readonly offsets: readonly number[];
  readonly order: number;
  readonly rest: readonly Condition[];
}

export function nearestOf(
  lowering: LoweringSource,
  node: Aggregate,
  { offsets, order, rest }: Sought,
  values: readonly Value[],
): readonly Form[] {
  if (rest.length > 0 || offsets.length > MOST_OFFSETS) return refuse(node.selector, 'it looks for the last match at some distances');
  const { graph, facts } = lowering;
  const indices = graph.indices();
  let chosen: SOp = graph.constant(node.default);
  // what is asked for last decides
  for (const by of order < 0 ? offsets : offsets.toReversed()) {
    const number = graph.constant(BigInt(by));
    const there = graph.aggregate(graph.select(indices, graph.binary('-', indices, number), '=='), node.value, node.default);
    chosen = graph.elementwise({ kind: 'choose' }, [graph.binary('>=', indices, number), by === 0 ? node.value : there, chosen]);
  }
  const { domain } = facts.of(chosen);
  if (domain.kind !== 'finite') return refuse(node, 'what is moved is a number of too many values');
  const forms = lowering.partition(
    chosen,
    domain.values.map((each) => values.findIndex((value) => sameValue(value, each))),
  );
  return values.map((_, v) => forms[v] ?? constantForm(0));
}
