/**
 * How often sums and differences of widths count a key, by how it compares with the query: in each comparison that the selectors make, the
 * key is less, equal or more. Positions are among them, so that a position and a constant are counts, too: of the keys before, and of itself.
 */
import { assertNever, type ComparisonOperator, type Graph, isSelector, type Selector, type SOp } from '../../graph/graph.ts';
import { selectsAll, signHolds } from './total-order.ts';

/** The sign of what is compared at the key, less what it is compared with at the query. */
type Sign = -1 | 0 | 1;

interface Pair {
  readonly keys: SOp;
  readonly queries: SOp;
}

/** One way in which a key can stand to a query: a sign for each pair, the last being that of their positions. */
type Case = readonly Sign[];

export interface CountedKeys {
  readonly pairs: readonly Pair[];
  readonly cases: readonly Case[];
  /** How often a key is counted in each case. */
  readonly weights: readonly number[];
  /** How many widths there are that ask for more than positions. */
  readonly widths: number;
}

/** More comparisons take too many cases. */
const MOST_PAIRS = 3;
const MOST_TERMS = 12;
const SIGNS: readonly Sign[] = [-1, 0, 1];

/** @returns null where the sum is not made of counts alone, or compares much */
export function countedKeys(sum: readonly Term[], graph: Graph, causal: boolean): CountedKeys | null {
  const terms: Term[] = [];
  if (!sum.every(({ term, weight }) => addTerms(term, weight, terms))) return null;
  const selectors = terms.flatMap(({ term }) => (isSelector(term) ? [term] : []));
  const asked = comparedBy(selectors, graph);
  if (asked === null) return null;
  const { pairs, cases } = asked;
  const own = causal ? cases.filter((signs) => (signs.at(-1) ?? 0) <= 0) : cases;
  const weights = own.map((signs) => terms.reduce((total, { term, weight }) => total + weight * countOf(term, pairs, signs), 0));
  return { pairs, cases: own, weights, widths: selectors.filter((each) => asksForMore(each, graph)).length };
}

/** Whether each key is counted once or not at all, and some key is. */
export function countsOnce({ weights }: CountedKeys): boolean {
  return weights.every((weight) => weight === 0 || weight === 1) && weights.includes(1);
}

/** A selector of what is counted as it would be written, a comparison of the first pair after the other. */
export type Written =
  | { readonly kind: 'all' }
  | { readonly kind: 'select'; readonly pair: Pair; readonly operator: ComparisonOperator }
  | { readonly kind: 'and' | 'or'; readonly left: Written; readonly right: Written };

export function writtenOf({ pairs, cases, weights }: CountedKeys): Written {
  const chosen = new Map(cases.map((signs, i) => [signs.join(' '), (weights[i] ?? 0) > 0]));
  const found = written(chosen, pairs);
  return typeof found === 'boolean' ? { kind: 'all' } : found;
}

export function selectorFrom(from: Written, graph: Graph): Selector {
  switch (from.kind) {
    case 'all':
      return graph.select(graph.constant(1n), graph.constant(1n), '==');
    case 'select':
      return graph.select(from.pair.keys, from.pair.queries, from.operator);
    default:
      return graph[from.kind](selectorFrom(from.left, graph), selectorFrom(from.right, graph));
  }
}

/** How many comparisons a selector makes. */
export function comparisonsIn(selector: Selector | Written): number {
  switch (selector.kind) {
    case 'all':
      return 0;
    case 'select':
      return 1;
    case 'and':
    case 'or':
      return comparisonsIn(selector.left) + comparisonsIn(selector.right);
    case 'not':
    case 'rightmost':
    case 'leftmost':
      return comparisonsIn(selector.selector);
    default:
      return assertNever(selector);
  }
}

/** An s-op that is added up, or the width of a selector. */
export interface Term {
  readonly term: SOp | Selector;
  readonly weight: number;
}

function addTerms(node: SOp | Selector, weight: number, terms: Term[]): boolean {
  if (terms.length > MOST_TERMS) return false;
  if (node.kind === 'width') return terms.push({ term: node.selector, weight }) > 0;
  if (node.kind === 'indices' || isSelector(node)) return terms.push({ term: node, weight }) > 0;
  if (node.kind === 'constant') return typeof node.value === 'bigint' && terms.push({ term: node, weight }) > 0;
  if (node.kind !== 'elementwise') return false;
  const { operation, args } = node;
  const [left, right] = args as [SOp, SOp];
  if (operation.kind === 'unary') return operation.operator === '-' && addTerms(left, -weight, terms);
  if (operation.kind !== 'binary' || (operation.operator !== '+' && operation.operator !== '-')) return false;
  return addTerms(left, weight, terms) && addTerms(right, operation.operator === '+' ? weight : -weight, terms);
}

/** The comparisons that selectors make, positions with positions last, and every way in which those can come out. */
function comparedBy(
  selectors: readonly Selector[],
  graph: Graph,
): { readonly pairs: readonly Pair[]; readonly cases: readonly Case[] } | null {
  const found = new Map<string, Pair>();
  if (!selectors.every((selector) => addPairs(selector, found))) return null;
  const indices = graph.indices();
  found.delete(nameOf({ keys: indices, queries: indices }));
  if (found.size > MOST_PAIRS) return null;
  const others = [...found.values()].sort((a, b) => a.keys.id - b.keys.id || a.queries.id - b.queries.id);
  let cases: Case[] = [[]];
  for (const _ of [...others, indices]) cases = cases.flatMap((head) => SIGNS.map((sign) => [...head, sign]));
  // at one position, whatever is compared with itself is equal
  const isSelf = others.map(({ keys, queries }) => keys === queries);
  const canBe = (signs: Case) => signs.at(-1) !== 0 || isSelf.every((self, i) => !self || signs[i] === 0);
  return { pairs: [...others, { keys: indices, queries: indices }], cases: cases.filter(canBe) };
}

function nameOf({ keys, queries }: Pair): string {
  return `${keys.id} ${queries.id}`;
}

function addPairs(selector: Selector, pairs: Map<string, Pair>): boolean {
  switch (selector.kind) {
    case 'select':
      if (!selectsAll(selector)) pairs.set(nameOf(selector), selector);
      return true;
    case 'and':
    case 'or':
      return addPairs(selector.left, pairs) && addPairs(selector.right, pairs);
    case 'not':
      return addPairs(selector.selector, pairs);
    case 'rightmost':
    case 'leftmost':
      return false;
    default:
      return assertNever(selector);
  }
}

/** Whether a selector compares anything but positions with positions. */
export function asksForMore(selector: Selector, graph: Graph): boolean {
  const pairs = new Map<string, Pair>();
  addPairs(selector, pairs);
  return [...pairs.values()].some(({ keys, queries }) => keys !== graph.indices() || queries !== graph.indices());
}

function countOf(term: SOp | Selector, pairs: readonly Pair[], signs: Case): number {
  const position = signs.at(-1);
  if (isSelector(term)) return isSelected(term, pairs, signs) ? 1 : 0;
  if (term.kind === 'indices') return position === -1 ? 1 : 0;
  return term.kind === 'constant' && position === 0 ? Number(term.value) : 0;
}

function isSelected(selector: Selector, pairs: readonly Pair[], signs: Case): boolean {
  switch (selector.kind) {
    case 'select': {
      const at = pairs.findIndex(({ keys, queries }) => keys === selector.keys && queries === selector.queries);
      const sign = signs[at];
      return sign === undefined ? true : signHolds(selector.operator, sign);
    }
    case 'and':
      return isSelected(selector.left, pairs, signs) && isSelected(selector.right, pairs, signs);
    case 'or':
      return isSelected(selector.left, pairs, signs) || isSelected(selector.right, pairs, signs);
    case 'not':
      return !isSelected(selector.selector, pairs, signs);
    default:
      throw new Error(`${selector.kind} is no comparison`);
  }
}

/** What follows after the first sign, by the signs that follow: whether it is chosen. What cannot be is left out. */
type Rest = Map<string, boolean>;

/** A selector of the chosen cases; whether all or none are, where no comparison tells them apart. */
function written(chosen: Rest, pairs: readonly Pair[]): Written | boolean {
  const all = [...chosen.values()];
  if (all.every((is) => is)) return true;
  if (all.every((is) => !is)) return false;
  const [pair, ...others] = pairs as [Pair, ...Pair[]];
  const groups: { signs: Sign[]; rest: Rest }[] = [];
  for (const sign of SIGNS) {
    const rest = restAfter(sign, chosen);
    if (rest.size === 0) continue;
    const alike = groups.find((group) => [...rest].every(([key, is]) => (group.rest.get(key) ?? is) === is));
    if (alike === undefined) groups.push({ signs: [sign], rest });
    else {
      alike.signs.push(sign);
      for (const [key, is] of rest) alike.rest.set(key, is);
    }
  }
  const [only, ...more] = groups;
  if (only !== undefined && more.length === 0) return written(only.rest, others);
  const parts = groups.flatMap(({ signs, rest }): Written[] => {
    const further = written(rest, others);
    if (further === false) return [];
    const own = { kind: 'select', pair, operator: OPERATORS[[...signs].sort((a, b) => a - b).join(' ')] ?? '==' } as const;
    return [further === true ? own : { kind: 'and', left: own, right: further }];
  });
  return parts.reduce((left, right) => ({ kind: 'or', left, right }));
}

const OPERATORS: Readonly<Record<string, ComparisonOperator>> = { '-1': '<', '0': '==', '1': '>', '-1 0': '<=', '-1 1': '!=', '0 1': '>=' };

function restAfter(sign: Sign, chosen: Rest): Rest {
  const start = `${sign}`;
  const rest: Rest = new Map();
  for (const [key, is] of chosen) {
    const [first, ...others] = key.split(' ');
    if (first === start) rest.set(others.join(' '), is);
  }
  return rest;
}
