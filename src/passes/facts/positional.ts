/** S-ops that depend on nothing but the position. */
import { domainSize } from '../../graph/domain.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
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

/** The value at the first position, of an s-op that has but one there, whatever the input; else null. */
export function valueAtFirst(node: SOp, facts: PositionalQuery): Value | null {
  const values = valuesByPosition(node, facts);
  if (values !== null) return values[0] ?? null;
  const { shape } = facts.of(node);
  if (shape.kind !== 'table') return null;
  const position = shape.variables.findIndex((v) => v.kind === 'indices');
  if (position < 0) return null;
  // Row-major: entries with the same index stand in runs of `stride`.
  const stride = shape.variables.slice(position + 1).reduce((n, v) => n * domainSize(facts.of(v).domain), 1);
  const { context } = facts.assumptions;
  const first = shape.entries[0] as number;
  const same = shape.entries.every((entry, i) => Math.floor(i / stride) % context !== 0 || entry === first);
  return same ? (shape.values[first] ?? null) : null;
}
