/** A selector as a boolean expression over comparisons, and the s-ops that they compare. */
import { EvaluationError } from '../../graph/evaluate/values/evaluation-error.ts';
import { compareValues } from '../../graph/evaluate/values/python-arithmetic.ts';
import { assertNever, type Graph, type Select, type Selector, type SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Facts } from '../facts/facts.ts';
import { comparison, OPPOSITE } from './comparison.ts';
import { PREDICATE_LIMIT, type Predicate, TabulatedPredicate } from './predicate.ts';
import { tupleNode } from './value-pairs.ts';

/** A condition that must hold together with others: a boolean expression over comparisons. */
export type Condition =
  | { readonly kind: 'atom'; readonly select: Select; readonly negated: boolean }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] };

/** The selector with every `not` pushed into its comparisons and nested `and`, `or` flattened. */
export function condition(selector: Selector, negated: boolean): Condition {
  switch (selector.kind) {
    case 'select':
      return { kind: 'atom', select: selector, negated };
    case 'not':
      return condition(selector.selector, !negated);
    case 'and':
    case 'or': {
      const kind = (selector.kind === 'and') === negated ? 'or' : 'and';
      const parts = [condition(selector.left, negated), condition(selector.right, negated)];
      return { kind, parts: parts.flatMap((p) => (p.kind === kind ? p.parts : [p])) };
    }
    case 'rightmost':
    case 'leftmost':
      throw new Error(`${selector.kind} is lowered before selectors are`);
    default:
      return assertNever(selector);
  }
}

export function atomsOf(part: Condition): Select[] {
  return part.kind === 'atom' ? [part.select] : part.parts.flatMap(atomsOf);
}

export function holds(part: Condition, keys: Operand, k: number, queries: Operand, q: number): boolean {
  switch (part.kind) {
    case 'atom': {
      const { operator } = part.select;
      return compares(operator, keys.value(part.select.keys, k), queries.value(part.select.queries, q)) !== part.negated;
    }
    case 'and':
      return part.parts.every((p) => holds(p, keys, k, queries, q));
    case 'or':
      return part.parts.some((p) => holds(p, keys, k, queries, q));
    default:
      return assertNever(part);
  }
}

/** What a clause selects; null where it is no single comparison, and has too many pairs of values to be looked at one by one. */
export function predicateOf(clause: Condition, keys: Operand, queries: Operand): Predicate | null {
  if (!Number.isFinite(keys.size) || !Number.isFinite(queries.size)) return null;
  if (clause.kind === 'atom') {
    const { operator, keys: compared, queries: asking } = clause.select;
    const known = comparison(clause.negated ? OPPOSITE[operator] : operator, keys.valuesOf(compared), queries.valuesOf(asking));
    if (known !== null) return known;
  }
  if (!(keys.size * queries.size <= PREDICATE_LIMIT)) return null;
  const table = new Uint8Array(keys.size * queries.size);
  for (let k = 0; k < keys.size; k++) {
    for (let q = 0; q < queries.size; q++) table[k * queries.size + q] = holds(clause, keys, k, queries, q) ? 1 : 0;
  }
  return new TabulatedPredicate(table, keys.size, queries.size);
}

/** A pair of values that cannot be compared has been reported as the program's failure, or does not occur. */
export function compares(operator: Select['operator'], key: Value, query: Value): boolean {
  try {
    return compareValues(operator, key, query);
  } catch (error) {
    if (error instanceof EvaluationError) return false;
    throw error;
  }
}

/** The keys (or the queries) of one clause as one s-op: itself, or the tuple of several. */
export class Operand {
  readonly node: SOp;
  /** How many values the s-op has; infinite where they are not enumerated. */
  readonly size: number;
  readonly #valuesOf = new Map<SOp, (index: number) => Value>();

  constructor(graph: Graph, facts: Facts, nodes: readonly SOp[]) {
    const different = [...new Set(nodes)];
    const domains = different.map((n) => finiteValues(facts, n));
    const sizes = domains.map((d) => d?.length ?? Number.POSITIVE_INFINITY);
    const enumerable = sizes.reduce((a, b) => a * b, 1) <= PREDICATE_LIMIT;
    this.node = enumerable ? tupleNode(graph, facts, different) : (different[0] as SOp);
    const own = finiteValues(facts, this.node) ?? [];
    this.size = enumerable ? own.length : sizes.reduce((a, b) => a * b, 1);
    for (const [i, node] of different.entries()) {
      const values = domains[i] ?? [];
      const inner = sizes.slice(i + 1).reduce((a, b) => a * b, 1);
      const digit =
        different.length === 1 ? (index: number) => index : (index: number) => Math.floor(Number(own[index]) / inner) % values.length;
      this.#valuesOf.set(node, (index) => values[digit(index)] as Value);
    }
  }

  /** The values of one of its s-ops, in order of the operand's. */
  valuesOf(node: SOp): readonly Value[] {
    return Array.from({ length: this.size }, (_, index) => this.value(node, index));
  }

  value(node: SOp, index: number): Value {
    return (this.#valuesOf.get(node) as (index: number) => Value)(index);
  }
}

function finiteValues(facts: Facts, node: SOp): readonly Value[] | null {
  const { domain } = facts.of(node);
  return domain.kind === 'finite' ? domain.values : null;
}

/** The conjuncts of a condition, those over the same keys and queries merged. */
export function clausesOf(root: Condition): Condition[] {
  const merged = new Map<string, Condition[]>();
  for (const part of root.kind === 'and' ? root.parts : [root]) {
    const atoms = atomsOf(part);
    const key = `${distinct(atoms.map((a) => a.keys))}/${distinct(atoms.map((a) => a.queries))}`;
    merged.set(key, [...(merged.get(key) ?? []), part]);
  }
  return [...merged.values()].map((parts) => (parts.length === 1 ? (parts[0] as Condition) : { kind: 'and', parts }));
}

function distinct(nodes: readonly SOp[]): string {
  return [...new Set(nodes.map((n) => n.id))].sort((a, b) => a - b).join(',');
}
