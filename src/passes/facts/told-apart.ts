/**
 * Proves that no two positions of an input have the same value, of those that a query can name: positions that are all moved alike
 * (`indices + selector_width(select(tokens, "_", ==))`), and how many of a kind stand before one of that kind (`place if kept else -1`).
 */
import { isNumeric, numericValue } from '../../graph/domain.ts';
import { type Graph, reachable, type Selector, type SOp } from '../../graph/graph.ts';
import type { Fact } from './facts.ts';
import { selectsAll } from './total-order.ts';

export interface ToldApartQuery {
  readonly graph: Graph;
  readonly assumptions: { readonly context: number; readonly causal: boolean };
  of(node: SOp): Fact;
  /** What a width, or the sum that it was rewritten as, counts; null of anything else. */
  readonly countedBy: (node: SOp) => Selector | null;
}

export function areToldApart(keys: SOp, queries: SOp, query: ToldApartQuery): boolean {
  if (areMovedAlike(keys, query)) return true;
  const named = numbersOf(query.of(queries));
  const own = numbersOf(query.of(keys));
  if (named === null || own === null) return false;
  const asked = new Set(named);
  return reachable([keys]).some((node) => {
    const selector = isPresence(node) ? node.selector : query.countedBy(node as SOp);
    const kind = selector === null ? null : kindCounted(selector, query);
    return kind !== null && isOnceEach(keys, asked, node as SOp, kind, query);
  });
}

/** Positions, and beside them only what is the same at all positions of an input. */
function areMovedAlike(keys: SOp, { of, assumptions }: ToldApartQuery): boolean {
  const affine = of(keys).affine;
  if (assumptions.causal || !affine?.exact) return false;
  const terms = [...affine.terms.keys()];
  return terms.some(({ kind }) => kind === 'indices') && terms.every((term) => term.kind === 'indices' || isSameEverywhere(term));
}

function isSameEverywhere(node: SOp): boolean {
  switch (node.kind) {
    case 'constant':
      return true;
    case 'elementwise':
      return node.args.every(isSameEverywhere);
    case 'width':
    case 'aggregate':
    case 'reduction':
      return asksKeysAlone(node.selector);
    default:
      return false;
  }
}

function asksKeysAlone(selector: Selector): boolean {
  switch (selector.kind) {
    case 'select':
      return isSameEverywhere(selector.queries);
    case 'and':
    case 'or':
      return asksKeysAlone(selector.left) && asksKeysAlone(selector.right);
    default:
      return asksKeysAlone(selector.selector);
  }
}

/**
 * The condition on a key under which it is counted, where all that is asked besides is that it stands before the query, or behind: each of the kind
 * then has another count. Null where more is asked.
 */
function kindCounted(selector: Selector, { graph, of, assumptions: { causal } }: ToldApartQuery): SOp | null {
  const conditions: SOp[] = [];
  let orders = 0;
  const gather = (part: Selector): boolean => {
    if (part.kind === 'and') return gather(part.left) && gather(part.right);
    if (part.kind !== 'select') return false;
    const { keys, queries, operator } = part;
    if (selectsAll(part)) return true;
    if (keys.kind === 'indices' && queries.kind === 'indices') {
      orders++;
      return operator === '<' || operator === '<=' || (!causal && (operator === '>' || operator === '>='));
    }
    if (queries.kind !== 'constant') return false;
    const isItself = operator === '==' && queries.value === true && isBoolean(of(keys));
    conditions.push(isItself ? keys : graph.binary(operator, keys, queries));
    return true;
  };
  if (!gather(selector) || orders > 1 || (orders === 0 && !causal)) return null;
  const [first, ...others] = conditions;
  return first === undefined ? null : others.reduce<SOp>((all, each) => graph.binary('and', all, each), first);
}

/** Whether each value that a query can name is had by positions of the kind alone, with one count. */
function isOnceEach(keys: SOp, named: ReadonlySet<number>, count: SOp, kind: SOp, { graph, of, assumptions }: ToldApartQuery): boolean {
  const none = graph.constant(-1n);
  const size = assumptions.context + 2;
  // a mean of one and a mean of several are not the same number to Python
  const number = isPresence(count) ? graph.unary('indicator', graph.binary('!=', count, graph.constant(0n))) : count;
  const own = graph.elementwise({ kind: 'choose' }, [kind, number, none]);
  const keyNumber = isBoolean(of(keys)) ? graph.unary('indicator', keys) : keys;
  const both = graph.binary('+', graph.binary('*', keyNumber, graph.constant(BigInt(size))), own);
  const pairs = numbersOf(of(both));
  if (pairs === null) return false;
  const counts = new Map<number, number>();
  for (const pair of pairs) {
    const value = Math.floor((pair + 1) / size);
    const counted = pair - value * size;
    if (!named.has(value)) continue;
    // where it is only asked whether any stands there, it is the one that has none
    if (counted < 0 || (counts.get(value) ?? (isPresence(count) ? 0 : counted)) !== counted) return false;
    counts.set(value, counted);
  }
  return true;
}

/** Whether anything is selected, asked of a mean. */
function isPresence(node: SOp | Selector): node is Extract<SOp, { kind: 'aggregate' }> {
  return node.kind === 'aggregate' && node.value.kind === 'constant' && Number(node.value.value) !== 0 && Number(node.default) === 0;
}

/** Whole numbers, or truths; null where there are others, or too many. */
function numbersOf({ domain }: Fact): readonly number[] | null {
  if (domain.kind !== 'finite' || !isNumeric(domain) || domain.values.some((value) => typeof value === 'number')) return null;
  return domain.values.map(numericValue);
}

function isBoolean({ domain }: Fact): boolean {
  return domain.kind === 'finite' && domain.values.some((value) => typeof value === 'boolean');
}
