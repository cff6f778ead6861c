/** What is known of an s-op's values before any input is seen, in a line for people. */

import type { Domain } from '../../graph/domain.ts';
import { certainType } from '../../graph/elaborate/terms/certain-type.ts';
import { equalityKey } from '../../graph/evaluate/values/apply-operation.ts';
import type { Graph, SOp } from '../../graph/graph.ts';
import { elementText } from '../../graph/show/display-text.ts';
import { typeOf, type Value } from '../../graph/value.ts';
import type { Assumptions } from '../../passes/facts/facts.ts';
import { inferFacts } from '../../passes/facts/infer-facts.ts';

const SHOWN = 16;

/** `s-op of ints, one of 3 values: 0, 1, 2`; null where nothing is known. */
export function describeDomain(node: SOp, graph: Graph, assumptions: Assumptions): string | null {
  const { domain, shape } = inferFacts(graph, assumptions).of(node);
  if (shape.kind === 'unknown') return certainType(node) === 'number' ? 's-op of numbers, of more combinations than can be listed' : null;
  return `s-op of ${domainText(domain)}`;
}

function domainText(domain: Domain): string {
  if (domain.kind === 'interval') return `numbers from ${elementText(domain.low)} to ${elementText(domain.high)}`;
  // 1 and 1.0 are one value to the language.
  const values = [...new Map(domain.values.map((value) => [equalityKey(value), value])).values()];
  const shown = values.slice(0, SHOWN).map(elementText).join(', ');
  const count = values.length === 1 ? 'always' : `one of ${values.length} values:`;
  return `${typeText(domain.values)}, ${count} ${shown}${values.length > SHOWN ? ', …' : ''}`;
}

/** As a sequence's type is: ints among floats are floats, bools among ints are ints. */
function typeText(values: readonly Value[]): string {
  const types = new Set(values.map(typeOf));
  if (types.size > 1 && types.has('string')) return 'values of several types';
  return types.has('string') ? 'strings' : types.has('float') ? 'floats' : types.has('int') ? 'ints' : 'bools';
}
