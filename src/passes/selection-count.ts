/**
 * Proves how many positions a selector can select in a row: at least one (then no default is needed) and at most one (then an
 * aggregate copies a value of any type, and needs no mean). Both proofs may fail to find what is true; they never claim what is not.
 */
import { assertNever, type Graph, type Selector, type SOp } from '../graph/graph.ts';
import type { SelectionCount } from './facts.ts';
import { type PositionalQuery, valuesByPosition } from './positional.ts';

export interface SelectionQuery extends PositionalQuery {
  readonly graph: Graph;
}

export function selectionCount(selector: Selector, query: SelectionQuery): SelectionCount {
  return {
    nonempty: alwaysTrue(conditionAt(selector, query, 'self'), query) || alwaysTrue(conditionAt(selector, query, 'first'), query),
    single: query.assumptions.context === 1 || selectsAtMostOne(selector, query),
  };
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
      const keys = key === 'self' ? selector.keys : valueAtFirst(selector.keys, query);
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

function valueAtFirst(node: SOp, query: SelectionQuery): SOp | null {
  const values = valuesByPosition(node, query);
  const first = values?.[0];
  return first === undefined ? null : query.graph.constant(first);
}

function selectsAtMostOne(selector: Selector, query: SelectionQuery): boolean {
  switch (selector.kind) {
    case 'select':
      return selector.operator === '==' && distinctAcrossPositions(selector.keys, query);
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

/** Whether no two positions of one input can have the same value. */
function distinctAcrossPositions(node: SOp, query: SelectionQuery): boolean {
  const values = node.kind === 'constant' ? null : valuesByPosition(node, query);
  if (values === null || values.some((v) => v === undefined)) return false;
  return new Set(values.map((v) => (typeof v === 'string' ? v : Number(v)))).size === values.length;
}
