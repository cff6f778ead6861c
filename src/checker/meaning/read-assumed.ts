/**
 * What a program's assumptions say of counts, found anew: which values a count or a mean can have on inputs that are the program's, and so
 * how many positions a selector can select there.
 */

import { truthy } from '../../graph/evaluate/values/python-arithmetic.ts';
import type { Graph, Selector, SOp } from '../../graph/graph.ts';
import { type Value, valueKey } from '../../graph/value.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { Unproven } from '../claim/unproven.ts';
import type { Assumed } from './assumed.ts';
import { variablesBelow } from './combinations.ts';
import type { NodeValues } from './node-values.ts';

/**
 * @param meant values of the program's own nodes, with nothing assumed
 * @param seen a selector of the program as claims write it
 */
export function assumedOf(graph: Graph, conditions: readonly SOp[], meant: NodeValues, seen: (selector: Selector) => Selector): Assumed {
  const allowed = new Map<SOp, Set<string>>();
  const counts = new Map<Selector, { low: number; high: number }>();
  for (const condition of conditions.flatMap(conjuncts)) {
    const [count, ...more] = variablesBelow([condition], new Set());
    if (count?.kind !== 'width' || more.length > 0) continue;
    const values = valuesThatHold(condition, count, meant);
    if (values === null || values.length === 0) continue;
    const selector = seen(count.selector);
    const node = graph.width(selector);
    const known = allowed.get(node);
    allowed.set(node, new Set(values.map(valueKey).filter((key) => known?.has(key) ?? true)));
    const numbers = values.map(Number);
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const before = counts.get(selector);
    counts.set(selector, { low: Math.max(low, before?.low ?? 0), high: Math.min(high, before?.high ?? high) });
  }
  return { allowed, counts };
}

function conjuncts(condition: SOp): SOp[] {
  if (condition.kind !== 'elementwise' || condition.operation.kind !== 'binary' || condition.operation.operator !== 'and')
    return [condition];
  return condition.args.flatMap(conjuncts);
}

/** The values of a count with which the condition holds; null where they are too many. */
function valuesThatHold(condition: SOp, count: SOp, meant: NodeValues): Value[] | null {
  try {
    const combinations = meant.combinations([count, condition]);
    const [counted, held] = [meant.valuesOf(count), meant.valuesOf(condition)];
    const [countAt, holdsAt] = [combinations.column(count), combinations.column(condition)];
    const found = new Set<Value>();
    for (let at = 0; at < combinations.count; at++) {
      if (truthy(held[numberAt(holdsAt, at)] as Value)) found.add(counted[numberAt(countAt, at)] as Value);
    }
    return [...found];
  } catch (error) {
    if (error instanceof Unproven) return null;
    throw error;
  }
}
