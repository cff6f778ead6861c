/**
 * Proves how many positions a selector can select in a row: at least one (then no default is needed) and at most one (then an
 * aggregate copies a value of any type, and needs no mean). Both proofs may fail to find what is true; they never claim what is not.
 */
import { isNumeric } from '../../graph/domain.ts';
import { evaluate } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import { assertNever, type Graph, reachable, type Selector, type SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { LONGEST_TRIED } from './by-length.ts';
import type { Assumptions, SelectionCount } from './facts.ts';
import { type PositionalQuery, valueAtFirst } from './positional.ts';
import { succeed } from './tabulate.ts';
import { areToldApart, type ToldApartQuery } from './told-apart.ts';
import { distinctAcrossPositions } from './total-order.ts';

export interface SelectionQuery extends PositionalQuery, Pick<ToldApartQuery, 'countedBy'> {
  readonly graph: Graph;
  readonly assumptions: Assumptions;
  readonly isPermutation: (node: SOp) => boolean;
  /** What is assumed of how many positions selectors select. */
  readonly counts: ReadonlyMap<Selector, { readonly low: number; readonly high: number }>;
}

export function selectionCount(selector: Selector, query: SelectionQuery): SelectionCount {
  const nonempty =
    isAssumedNonempty(selector, query) ||
    findsItsKey(selector, query) ||
    alwaysTrue(conditionAt(selector, query, 'self'), query) ||
    alwaysTrue(conditionAt(selector, query, 'first'), query);
  const single = query.assumptions.context === 1 || selectsAtMostOne(selector, query);
  return nonempty && single ? { nonempty, single } : countsByPosition(selector, { nonempty, single }, query);
}

/** What positions alone decide is looked at, at each length, as long as there is something to be shown that is not known already. */
function countsByPosition(selector: Selector, known: SelectionCount, { graph, assumptions }: SelectionQuery): SelectionCount {
  const { causal, context } = assumptions;
  if (!(causal || context <= LONGEST_TRIED) || reachable([selector]).some(({ kind }) => kind === 'tokens')) return known;
  const width = graph.width(selector);
  let [some, one] = [true, true];
  // In a causal program all shorter inputs are in the longest.
  for (let length = causal ? context : 1; length <= context; length++) {
    const found = succeed(() => evaluate([width], new Array<Value>(length).fill(0n), { causal }).get(width) as Sequence);
    if (found === undefined) return known;
    const counts = found.values as readonly bigint[];
    some &&= counts.every((count) => count > 0n);
    one &&= counts.every((count) => count < 2n);
    if ((known.nonempty || !some) && (known.single || !one)) return known;
  }
  return { nonempty: known.nonempty || some, single: known.single || one };
}

/** Whether the keys are the positions in some order, and every query names one of those that it sees. */
function findsItsKey(selector: Selector, query: SelectionQuery): boolean {
  if (selector.kind !== 'select' || selector.operator !== '==' || !query.isPermutation(selector.keys)) return false;
  const { graph, assumptions } = query;
  const { queries } = selector;
  const { domain } = query.of(queries);
  if (domain.kind !== 'finite' || !isNumeric(domain)) return false;
  const notTooLarge = assumptions.causal
    ? graph.binary('<=', queries, graph.indices())
    : graph.binary('<', queries, graph.width(graph.select(graph.constant(1n), graph.constant(1n), '==')));
  return alwaysTrue(graph.binary('and', graph.binary('>=', queries, graph.constant(0n)), notTooLarge), query);
}

function alwaysTrue(condition: SOp | null, query: SelectionQuery): boolean {
  if (condition === null) return false;
  const { domain } = query.of(condition);
  return domain.kind === 'finite' && domain.values.every(Boolean);
}

/**
 * A condition, as an s-op, under which a query selects its own position (or the first one); null where none can be said. It is
 * sufficient; with `exact` it is also necessary, which is what stands under a `not`.
 */
function conditionAt(selector: Selector, query: SelectionQuery, key: 'self' | 'first', exact = false): SOp | null {
  const { graph } = query;
  switch (selector.kind) {
    case 'select': {
      const keys = key === 'self' ? selector.keys : constantAtFirst(selector.keys, query);
      return keys === null ? null : graph.binary(selector.operator, keys, selector.queries);
    }
    case 'and':
    case 'or': {
      const left = conditionAt(selector.left, query, key, exact);
      const right = conditionAt(selector.right, query, key, exact);
      if (left !== null && right !== null) return graph.binary(selector.kind, left, right);
      return selector.kind === 'or' && !exact ? (left ?? right) : null;
    }
    case 'not': {
      const inner = conditionAt(selector.selector, query, key, true);
      return inner === null ? null : graph.unary('not', inner);
    }
    case 'rightmost':
    case 'leftmost':
      // Where the inner selector always selects this key, something is always selected, though perhaps another key.
      return exact ? null : conditionAt(selector.selector, query, key);
    default:
      return assertNever(selector);
  }
}

function constantAtFirst(node: SOp, query: SelectionQuery): SOp | null {
  const first = valueAtFirst(node, query);
  return first === null ? null : query.graph.constant(first);
}

function isAssumedNonempty(selector: Selector, query: SelectionQuery): boolean {
  if ((query.counts.get(selector)?.low ?? 0) >= 1) return true;
  if (selector.kind === 'or') return isAssumedNonempty(selector.left, query) || isAssumedNonempty(selector.right, query);
  return (selector.kind === 'rightmost' || selector.kind === 'leftmost') && isAssumedNonempty(selector.selector, query);
}

function selectsAtMostOne(selector: Selector, query: SelectionQuery): boolean {
  if ((query.counts.get(selector)?.high ?? 2) <= 1) return true;
  switch (selector.kind) {
    case 'select':
      return selector.operator === '==' && isOnceAtMost(selector, query);
    case 'and':
      return selectsAtMostOne(selector.left, query) || selectsAtMostOne(selector.right, query);
    case 'rightmost':
    case 'leftmost':
      return true;
    case 'or':
    case 'not':
      return false;
    default:
      return assertNever(selector);
  }
}

function isOnceAtMost({ keys, queries }: Extract<Selector, { kind: 'select' }>, query: SelectionQuery): boolean {
  return query.isPermutation(keys) || distinctAcrossPositions(keys, query) || areToldApart(keys, queries, query);
}
