/** S-ops that depend on nothing but the position. */
import type { SOp } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import type { Fact } from './facts.ts';

export interface PositionalQuery {
  readonly assumptions: { readonly context: number };
  of(node: SOp): Fact;
}

/** The value at each position, undefined where it has none; null for an s-op that depends on more. */
export function valuesByPosition(node: SOp, facts: PositionalQuery): readonly (Value | undefined)[] | null {
  const { context } = facts.assumptions;
  if (node.kind === 'constant') return new Array<Value>(context).fill(node.value);
  const { domain, shape } = facts.of(node);
  if (node.kind === 'indices' && domain.kind === 'finite') return domain.values;
  if (shape.kind !== 'table' || shape.variables.some((v) => v.kind !== 'indices')) return null;
  const at = (entry: number | undefined) => (entry === undefined ? undefined : shape.values[entry]);
  return shape.variables.length === 0 ? new Array<Value | undefined>(context).fill(at(shape.entries[0])) : [...shape.entries].map(at);
}
