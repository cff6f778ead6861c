/** What a selector selects by the values that keys and queries can have: nothing (W3005, W3007) or everything (W3006). */
import { compareValues } from '../../graph/evaluate/values/python-arithmetic.ts';
import { argumentsOf, type GraphNode, isSelector, reachable, type Selector, type SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Facts } from '../../passes/facts/facts.ts';
import { type ArgumentReader, argumentReader, product, succeed } from '../../passes/facts/tabulate.ts';

/** Pairs of a key's and a query's values that are looked at before nothing is said. */
const MOST_PAIRS = 2 ** 18;
/** Selectors that are made of more are nobody's own writing. */
const MOST_LEAVES = 256;

export interface Selection {
  /** No pair of values that there can be is selected. */
  readonly never: boolean;
  /** The same of those pairs in which the key stands no later than the query. */
  readonly neverBehind: boolean;
  readonly always: boolean;
}

/** Null where there is too much to look at, or it depends on more than values: sound, not complete. */
export function selectionOf(selector: Selector, facts: Facts): Selection | null {
  const leaves = reachable([selector]).filter((node) => node.kind === 'select');
  if (leaves.length > MOST_LEAVES) return null;
  const keys = sideOf(
    leaves.map((leaf) => leaf.keys),
    facts,
  );
  const queries = sideOf(
    leaves.map((leaf) => leaf.queries),
    facts,
  );
  if (keys === null || queries === null || product(keys.sizes) * product(queries.sizes) > MOST_PAIRS) return null;
  const holds = predicateOf(selector, keys, queries);
  if (holds === null) return null;
  const keyAt = keys.variables.findIndex(({ kind }) => kind === 'indices');
  const queryAt = queries.variables.findIndex(({ kind }) => kind === 'indices');
  let never = true;
  let neverBehind = true;
  let always = true;
  for (const query of digitsOf(queries.sizes)) {
    for (const key of digitsOf(keys.sizes)) {
      const result = holds(key, query);
      if (result === null) continue;
      always &&= result;
      if (!result) continue;
      never = false;
      const isBehind = keyAt < 0 || queryAt < 0 || (key[keyAt] as number) <= (query[queryAt] as number);
      if (isBehind) neverBehind = false;
    }
    if (!neverBehind && !always) break;
  }
  return { never, neverBehind, always };
}

interface Side {
  readonly variables: readonly SOp[];
  readonly sizes: readonly number[];
  readonly readers: ReadonlyMap<SOp, ArgumentReader>;
}

/** The s-ops of one side as functions of the variables that they share. */
function sideOf(nodes: readonly SOp[], facts: Facts): Side | null {
  const variables = new Set<SOp>();
  for (const node of nodes) {
    const { shape, domain } = facts.of(node);
    if (domain.kind !== 'finite' || shape.kind === 'unknown') return null;
    if (shape.kind === 'table') for (const variable of shape.variables) variables.add(variable);
    else variables.add(node);
  }
  const order = [...variables];
  const sizes: number[] = [];
  for (const variable of order) {
    const { domain } = facts.of(variable);
    if (domain.kind !== 'finite') return null;
    sizes.push(domain.values.length);
  }
  return { variables: order, sizes, readers: new Map(nodes.map((node) => [node, argumentReader(node, facts.of(node), order, sizes)])) };
}

/** Null as a result: the values do not occur together. */
type Predicate = (key: Int32Array, query: Int32Array) => boolean | null;

function predicateOf(selector: Selector, keys: Side, queries: Side): Predicate | null {
  switch (selector.kind) {
    case 'select': {
      const key = keys.readers.get(selector.keys);
      const query = queries.readers.get(selector.queries);
      if (key === undefined || query === undefined) return null;
      return (k, q) => {
        const [i, j] = [key.at(k), query.at(q)];
        if (i < 0 || j < 0) return null;
        return succeed(() => compareValues(selector.operator, key.values[i] as Value, query.values[j] as Value)) ?? null;
      };
    }
    case 'and':
    case 'or': {
      const left = predicateOf(selector.left, keys, queries);
      const right = predicateOf(selector.right, keys, queries);
      if (left === null || right === null) return null;
      const isAnd = selector.kind === 'and';
      return (k, q) => {
        const [a, b] = [left(k, q), right(k, q)];
        return a === null || b === null ? null : isAnd ? a && b : a || b;
      };
    }
    case 'not': {
      const inner = predicateOf(selector.selector, keys, queries);
      return (
        inner &&
        ((k, q) => {
          const result = inner(k, q);
          return result === null ? null : !result;
        })
      );
    }
    // which of the selected positions it is depends on all of them
    case 'rightmost':
    case 'leftmost':
      return null;
  }
}

function* digitsOf(sizes: readonly number[]): Generator<Int32Array> {
  const digits = new Int32Array(sizes.length);
  const total = product(sizes);
  for (let index = 0; index < total; index++) {
    yield digits;
    for (let i = sizes.length - 1; i >= 0; i--) {
      digits[i] = (digits[i] as number) + 1;
      if ((digits[i] as number) < (sizes[i] as number)) break;
      digits[i] = 0;
    }
  }
}

/** Whether the selector compares plain values alone: `select(1, 1, ==)` is how all, or nothing, is written. */
export function isWrittenSo(selector: Selector): boolean {
  return reachable([selector])
    .filter((node): node is GraphNode => !isSelector(node))
    .every((node) => node.kind === 'constant' && argumentsOf(node).length === 0);
}
