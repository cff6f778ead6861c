/**
 * How many positions a selector can select: proofs on its comparisons alone, which hold for every input. A proof may be missed, but
 * nothing is said that is not so.
 */

import { evaluate } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import { assertNever, type ComparisonOperator, type Graph, reachable, type Selector, type SOp } from '../../graph/graph.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Assumed } from './assumed.ts';
import { attempt } from './combinations.ts';

/** Beyond, inputs of every length are too many to be looked at. */
const LONGEST = 128;

export interface SelectionFacts {
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
      return selector.operator === '==' && differsByPosition(selector.keys, facts);
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

/** Whether a selector selects every position for every query. */
export function selectsEverything(selector: Selector): boolean {
  if (selector.kind !== 'select' || selector.operator !== '==') return false;
  const { keys, queries } = selector;
  return keys.kind === 'constant' && queries.kind === 'constant' && valuesEqual(keys.value, queries.value);
}

/**
 * Whether an s-op is 0, 1, …, n − 1 in some order on every input of n tokens: positions, or the width of a strict total order of the
 * positions (each then selects another number of others).
 */
export function isPermutation(node: SOp, facts: SelectionFacts): boolean {
  if (node.kind === 'indices') return true;
  if (facts.assumptions.causal) return false;
  const terms = termsOf(node, facts);
  if (terms === null) return false;
  const { plus, minus, constant } = terms;
  // n - 1 less what counts up from 0 counts down to it
  const [all] = plus;
  const isFromTheEnd = constant === -1 && plus.length === 1 && all?.kind === 'width' && selectsEverything(all.selector);
  if (!isFromTheEnd && (constant !== 0 || minus.length > 0)) return false;
  const counting = isFromTheEnd ? minus : plus;
  if (counting.length === 1 && counting[0]?.kind === 'indices') return true;
  let together: Selector | null = null;
  for (const term of counting) {
    if (term.kind !== 'width' || (together !== null && !areDisjoint(together, term.selector))) return false;
    together = together === null ? term.selector : facts.assumptions.graph.or(together, term.selector);
  }
  return together !== null && isStrictTotalOrder(together, facts);
}

interface Terms {
  readonly plus: readonly SOp[];
  readonly minus: readonly SOp[];
  readonly constant: number;
}

/** Sums of more terms are no position. */
const MOST_TERMS = 8;

/** A sum and difference by its terms: what the program wrote, where a claim stands for it. Null where there are many. */
function termsOf(node: SOp, facts: SelectionFacts): Terms | null {
  const plus: SOp[] = [];
  const minus: SOp[] = [];
  let constant = 0;
  const left: (readonly [term: SOp, isTaken: boolean])[] = [[node, false]];
  while (left.length > 0 && left.length + plus.length + minus.length <= MOST_TERMS) {
    const [term, isTaken] = left.pop() as readonly [SOp, boolean];
    const meant = facts.assumptions.originals.get(term) ?? term;
    const operator = meant.kind === 'elementwise' && meant.operation.kind === 'binary' ? meant.operation.operator : null;
    if (meant.kind === 'constant' && typeof meant.value === 'bigint') constant += (isTaken ? -1 : 1) * Number(meant.value);
    else if (meant.kind === 'elementwise' && (operator === '+' || operator === '-')) {
      const [first, second] = meant.args as [SOp, SOp];
      left.push([second, operator === '-' ? !isTaken : isTaken], [first, isTaken]);
    } else (isTaken ? minus : plus).push(meant);
  }
  return left.length > 0 ? null : { plus, minus, constant };
}

/** More s-ops than this take too many cases. */
const MOST_COMPARED = 3;

/** Shown on three positions, whatever their values: only how they compare in each s-op counts, and that is finitely many cases. */
function isStrictTotalOrder(selector: Selector, facts: SelectionFacts): boolean {
  const compared = comparedWithItself(selector);
  if (compared === null || compared.length > MOST_COMPARED) return false;
  const distinct = compared.findIndex((node) => facts.byPosition(node) !== null && differsByPosition(node, facts));
  if (distinct < 0) return false;
  return weakOrders(compared.length, distinct).every((ranks) => {
    const selects = (query: number, key: number) =>
      holds(selector, (node) => {
        const own = ranks[compared.indexOf(node)] as readonly number[];
        return Math.sign(numberAt(own, key) - numberAt(own, query));
      });
    const isTotal = selects(0, 1) !== selects(1, 0);
    const isTransitive = !(selects(1, 0) && selects(2, 1)) || selects(2, 0);
    return isTotal && isTransitive && !selects(0, 0);
  });
}

/** Whether two selectors can never select the same key, by how their s-ops compare. */
export function areDisjoint(a: Selector, b: Selector): boolean {
  const compared = [...new Set([comparedWithItself(a), comparedWithItself(b)].flatMap((nodes) => nodes ?? []))];
  if (comparedWithItself(a) === null || comparedWithItself(b) === null || compared.length > MOST_COMPARED) return false;
  let signs: number[][] = [[]];
  for (const _ of compared) signs = signs.flatMap((head) => [-1, 0, 1].map((sign) => [...head, sign]));
  return signs.every((own) => {
    const sign = (node: SOp) => numberAt(own, compared.indexOf(node));
    return !(holds(a, sign) && holds(b, sign));
  });
}

/** For each s-op how three positions rank in it, in every way; ranks of the s-op that differs by position are different. */
function weakOrders(count: number, distinct: number): (readonly (readonly number[])[])[] {
  const triples = [0, 1, 2].flatMap((a) => [0, 1, 2].flatMap((b) => [0, 1, 2].map((c) => [a, b, c])));
  let orders: (readonly (readonly number[])[])[] = [[]];
  for (let i = 0; i < count; i++) {
    const own = i === distinct ? triples.filter((triple) => new Set(triple).size === 3) : triples;
    orders = orders.flatMap((head) => own.map((triple) => [...head, triple]));
  }
  return orders;
}

/** The s-ops that a selector compares, each with itself; null where it does anything else. */
function comparedWithItself(selector: Selector): SOp[] | null {
  switch (selector.kind) {
    case 'select':
      return selector.keys === selector.queries ? [selector.keys] : null;
    case 'and':
    case 'or': {
      const [left, right] = [comparedWithItself(selector.left), comparedWithItself(selector.right)];
      return left === null || right === null ? null : [...new Set([...left, ...right])];
    }
    case 'not':
      return comparedWithItself(selector.selector);
    case 'rightmost':
    case 'leftmost':
      return null;
    default:
      return assertNever(selector);
  }
}

/** @param sign of key minus query in an s-op */
function holds(selector: Selector, sign: (node: SOp) => number): boolean {
  switch (selector.kind) {
    case 'select':
      return ACCEPTS[selector.operator](sign(selector.keys));
    case 'and':
      return holds(selector.left, sign) && holds(selector.right, sign);
    case 'or':
      return holds(selector.left, sign) || holds(selector.right, sign);
    case 'not':
      return !holds(selector.selector, sign);
    default:
      throw new Error(`${selector.kind} compares no s-op with itself`);
  }
}

const ACCEPTS: Readonly<Record<ComparisonOperator, (sign: number) => boolean>> = {
  '==': (sign) => sign === 0,
  '!=': (sign) => sign !== 0,
  '<': (sign) => sign < 0,
  '>': (sign) => sign > 0,
  '<=': (sign) => sign <= 0,
  '>=': (sign) => sign >= 0,
};
