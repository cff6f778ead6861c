/**
 * How many positions a selector can select: proofs on its comparisons alone, which hold for every input. A proof may be missed, but
 * nothing is said that is not so.
 */

import { evaluate } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import { assertNever, type Graph, reachable, type Selector, type SOp } from '../../graph/graph.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import type { Assumed } from './assumed.ts';
import { attempt } from './combinations.ts';
import { countedBy } from './key-counts.ts';
import { namesOneAtMost, type ToldApartFacts } from './told-apart.ts';
import { countsAnOrder } from './total-order.ts';

/** Beyond, inputs of every length are too many to be looked at. */
export const LONGEST = 128;

export interface SelectionFacts extends Pick<ToldApartFacts, 'of' | 'areMany' | 'combinations'> {
  readonly assumptions: {
    readonly graph: Graph;
    readonly context: number;
    readonly causal: boolean;
    readonly originals: ReadonlyMap<SOp, SOp>;
  };
  readonly assumed: Assumed;
  alwaysHolds(condition: SOp): boolean;
  byPosition(node: SOp): readonly (Value | undefined)[] | null;
}

/** Whether every query selects something: itself, the first position, or a key that it names. */
export function selectsSomething(extreme: Selector, facts: SelectionFacts): boolean {
  // the last of something is something
  const selector = extreme.kind === 'rightmost' || extreme.kind === 'leftmost' ? extreme.selector : extreme;
  if (isAssumedSomething(selector, facts)) return true;
  const atSelf = conditionOn(selector, facts, (keys) => keys);
  if (atSelf !== null && facts.alwaysHolds(atSelf)) return true;
  const atFirst = conditionOn(selector, facts, (keys) => {
    const first = facts.byPosition(keys)?.[0];
    return first === undefined ? null : facts.assumptions.graph.constant(first);
  });
  if ((atFirst !== null && facts.alwaysHolds(atFirst)) || namesItsKey(selector, facts)) return true;
  return everyCount(selector, facts, (count) => count > 0);
}

/** Whether it holds of how many positions are selected, at every position of every input: where no token is asked, each length shows it. */
function everyCount(selector: Selector, facts: SelectionFacts, holds: (count: number) => boolean): boolean {
  const { graph, context, causal } = facts.assumptions;
  if ((!causal && context > LONGEST) || reachable([selector]).some(({ kind }) => kind === 'tokens')) return false;
  const width = graph.width(selector);
  // in a causal program the longest input begins with all others
  const lengths = causal ? [context] : Array.from({ length: context }, (_, i) => i + 1);
  return lengths.every((length) => {
    const found = attempt(() => evaluate([width], new Array<Value>(length).fill(0n), { causal }).get(width));
    return found !== undefined && (found as Sequence).values.every((count) => holds(Number(count)));
  });
}

function isAssumedSomething(selector: Selector, facts: SelectionFacts): boolean {
  if ((facts.assumed.counts.get(selector)?.low ?? 0) >= 1) return true;
  return selector.kind === 'or' && (isAssumedSomething(selector.left, facts) || isAssumedSomething(selector.right, facts));
}

/** The keys are the positions in some order, and every query is one of those that it sees. */
function namesItsKey(selector: Selector, facts: SelectionFacts): boolean {
  if (selector.kind !== 'select' || selector.operator !== '==' || !isPermutation(selector.keys, facts)) return false;
  const { graph, causal } = facts.assumptions;
  const { queries } = selector;
  const length = graph.width(graph.select(graph.constant(1n), graph.constant(1n), '=='));
  const below = causal ? graph.binary('<=', queries, graph.indices()) : graph.binary('<', queries, length);
  return facts.alwaysHolds(graph.binary('>=', queries, graph.constant(0n))) && facts.alwaysHolds(below);
}

/** The condition on a query under which it selects the key whose values `keyAt` gives; null where none can be said. */
function conditionOn(selector: Selector, facts: SelectionFacts, keyAt: (keys: SOp) => SOp | null): SOp | null {
  const { graph } = facts.assumptions;
  switch (selector.kind) {
    case 'select': {
      const key = keyAt(selector.keys);
      return key === null ? null : graph.binary(selector.operator, key, selector.queries);
    }
    case 'and':
    case 'or': {
      const left = conditionOn(selector.left, facts, keyAt);
      const right = conditionOn(selector.right, facts, keyAt);
      return left === null || right === null ? null : graph.binary(selector.kind, left, right);
    }
    case 'not': {
      const inner = conditionOn(selector.selector, facts, keyAt);
      return inner === null ? null : graph.unary('not', inner);
    }
    case 'rightmost':
    case 'leftmost':
      return null;
    default:
      return assertNever(selector);
  }
}

/** Whether no query selects two positions. */
export function selectsAtMostOne(selector: Selector, facts: SelectionFacts): boolean {
  return cannotSelectTwo(selector, facts) || everyCount(selector, facts, (count) => count < 2);
}

function cannotSelectTwo(selector: Selector, facts: SelectionFacts): boolean {
  if ((facts.assumed.counts.get(selector)?.high ?? 2) <= 1) return true;
  switch (selector.kind) {
    case 'select':
      return (
        selector.operator === '==' && (differsByPosition(selector.keys, facts) || namesOneAtMost(selector.keys, selector.queries, facts))
      );
    case 'and':
      return cannotSelectTwo(selector.left, facts) || cannotSelectTwo(selector.right, facts);
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

/** Whether no two positions of an input have the same value. */
function differsByPosition(node: SOp, facts: SelectionFacts): boolean {
  if (isPermutation(node, facts)) return true;
  const values = facts.byPosition(node);
  if (values === null || values.includes(undefined)) return false;
  return values.every((value, i) => values.findIndex((other) => valuesEqual(other as Value, value as Value)) === i);
}

/**
 * Whether an s-op is 0, 1, …, n − 1 in some order on every input of n tokens: positions, or how many keys stand before a query in a strict total
 * order of the positions (each then has another number of others before it), said by one width or by sums of several.
 */
export function isPermutation(node: SOp, facts: SelectionFacts): boolean {
  if (node.kind === 'indices') return true;
  if (facts.assumptions.causal) return false;
  const { originals } = facts.assumptions;
  const counts = [countedBy(node), countedBy(node, (term) => originals.get(term) ?? term)];
  return counts.some((each) => each !== null && countsAnOrder(each, (compared) => differsByPosition(compared, facts)));
}
