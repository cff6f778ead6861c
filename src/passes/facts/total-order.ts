/**
 * Proves that a selector is a strict total order of the positions: then every query selects another number of keys, and the widths
 * are 0, 1, …, n − 1 in some order, which is what makes a sort a permutation. The proof looks only at how two positions compare in
 * each s-op that the selector compares with itself, so it holds for every input.
 */
import { assertNever, type ComparisonOperator, type Selector, type SOp } from '../../graph/graph.ts';
import { valuesEqual } from '../../graph/value.ts';
import { type PositionalQuery, valuesByPosition } from './positional.ts';

/** How key and query compare in one s-op: the sign of key minus query. */
type Sign = -1 | 0 | 1;
type Signs = ReadonlyMap<SOp, Sign>;

/** More s-ops than this would take too many cases. */
const MOST_OPERANDS = 3;

/** Counts that add up to one are few: sums of more terms are not looked at. */
const MOST_TERMS = 8;

export function isStrictTotalOrder(selector: Selector, facts: PositionalQuery): boolean {
  const operands = new Set<SOp>();
  if (!comparesItself(selector, operands) || operands.size > MOST_OPERANDS) return false;
  const nodes = [...operands];
  const unique = nodes.find((node) => distinctAcrossPositions(node, facts));
  if (unique === undefined) return false;
  return isAntisymmetricAndTotal(selector, nodes, unique) && isTransitive(selector, nodes, unique);
}

/**
 * The selector of which an s-op is the width at each position, or that width taken from the last position: of a sum of widths what is in one of
 * them, as long as none is in two. `positions` where it is the position itself; null where it is none of these.
 */
export function countedBy(
  node: SOp,
  splits: ReadonlyMap<SOp, Selector>,
  or: (a: Selector, b: Selector) => Selector,
): Selector | 'positions' | null {
  const sum = termsOf(node, splits);
  if (sum === null) return null;
  const isLength = (term: SOp) => term.kind === 'width' && selectsAll(term.selector);
  const [whole] = sum.added;
  const isBackward = sum.constant === -1n && sum.added.length === 1 && whole !== undefined && isLength(whole);
  const isForward = sum.constant === 0n && sum.taken.length === 0;
  if (!isBackward && !isForward) return null;
  const terms = isBackward ? sum.taken : sum.added;
  const [first, ...others] = terms;
  if (first === undefined) return null;
  if (first.kind === 'indices') return others.length === 0 ? 'positions' : null;
  const selectors = terms.map((term) => splits.get(term) ?? (term.kind === 'width' ? term.selector : null));
  return selectors.reduce((all, own) => (all !== null && own !== null && areDisjoint(all, own) ? or(all, own) : null));
}

/** S-ops that are added up, and those that are taken away. */
interface SignedSum {
  readonly constant: bigint;
  readonly added: readonly SOp[];
  readonly taken: readonly SOp[];
}

/** Null where there are more terms than counts are made of. */
function termsOf(node: SOp, splits: ReadonlyMap<SOp, Selector>): SignedSum | null {
  let constant = 0n;
  const added: SOp[] = [];
  const taken: SOp[] = [];
  const open: { readonly term: SOp; readonly sign: 1n | -1n }[] = [{ term: node, sign: 1n }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { term, sign } = next;
    const operator = term.kind === 'elementwise' && term.operation.kind === 'binary' ? term.operation.operator : null;
    if (term.kind === 'elementwise' && (operator === '+' || operator === '-') && !splits.has(term)) {
      const [left, right] = term.args as [SOp, SOp];
      open.push({ term: right, sign: operator === '+' ? sign : (-sign as 1n | -1n) }, { term: left, sign });
    } else if (term.kind === 'constant' && typeof term.value === 'bigint') constant += sign * term.value;
    else (sign === 1n ? added : taken).push(term);
    if (open.length + added.length + taken.length > MOST_TERMS) return null;
  }
  return { constant, added, taken };
}

/** Whether two selectors of such comparisons can never both select a key. */
export function areDisjoint(a: Selector, b: Selector): boolean {
  const operands = new Set<SOp>();
  if (!comparesItself(a, operands) || !comparesItself(b, operands) || operands.size > MOST_OPERANDS) return false;
  return signVectors([...operands]).every((signs) => !(holds(a, signs) && holds(b, signs)));
}

/** Whether a selector selects every key for every query, whatever the input: its comparisons are of constants. */
export function selectsAll(selector: Selector): boolean {
  switch (selector.kind) {
    case 'select': {
      const { keys, queries, operator } = selector;
      return keys.kind === 'constant' && queries.kind === 'constant' && operator === '==' && valuesEqual(keys.value, queries.value);
    }
    case 'and':
      return selectsAll(selector.left) && selectsAll(selector.right);
    case 'or':
      return selectsAll(selector.left) || selectsAll(selector.right);
    default:
      return false;
  }
}

/** Whether no two positions of one input can have the same value. */
export function distinctAcrossPositions(node: SOp, facts: PositionalQuery): boolean {
  const values = valuesByPosition(node, facts);
  if (values === null || values.some((v) => v === undefined)) return false;
  return new Set(values.map((v) => (typeof v === 'string' ? v : Number(v)))).size === values.length;
}

/** Whether every comparison is of an s-op with itself; gathers those s-ops. */
function comparesItself(selector: Selector, operands: Set<SOp>): boolean {
  switch (selector.kind) {
    case 'select':
      operands.add(selector.keys);
      return selector.keys === selector.queries;
    case 'and':
    case 'or':
      return comparesItself(selector.left, operands) && comparesItself(selector.right, operands);
    case 'not':
      return comparesItself(selector.selector, operands);
    case 'rightmost':
    case 'leftmost':
      return false;
    default:
      return assertNever(selector);
  }
}

function holds(selector: Selector, signs: Signs): boolean {
  switch (selector.kind) {
    case 'select':
      return signHolds(selector.operator, signs.get(selector.keys) as Sign);
    case 'and':
      return holds(selector.left, signs) && holds(selector.right, signs);
    case 'or':
      return holds(selector.left, signs) || holds(selector.right, signs);
    case 'not':
      return !holds(selector.selector, signs);
    default:
      throw new Error(`${selector.kind} does not compare an s-op with itself`);
  }
}

export function signHolds(operator: ComparisonOperator, sign: Sign): boolean {
  switch (operator) {
    case '==':
      return sign === 0;
    case '!=':
      return sign !== 0;
    case '<':
      return sign < 0;
    case '>':
      return sign > 0;
    case '<=':
      return sign <= 0;
    case '>=':
      return sign >= 0;
    default:
      return assertNever(operator);
  }
}

/** Of two positions exactly one selects the other, and none selects itself. */
function isAntisymmetricAndTotal(selector: Selector, nodes: readonly SOp[], unique: SOp): boolean {
  return signVectors(nodes).every((signs) => {
    if (signs.get(unique) === 0) return ![...signs.values()].every((s) => s === 0) || !holds(selector, signs);
    const reversed: Signs = new Map([...signs].map(([node, sign]) => [node, -sign as Sign]));
    return holds(selector, signs) !== holds(selector, reversed);
  });
}

/** For any three positions a, b, c: where b selects a and c selects b, c selects a. */
function isTransitive(selector: Selector, nodes: readonly SOp[], unique: SOp): boolean {
  const ranks = [0, 1, 2];
  const orders = ranks.flatMap((a) => ranks.flatMap((b) => ranks.map((c) => [a, b, c] as const)));
  let cases: (readonly (readonly [number, number, number])[])[] = [[]];
  for (const node of nodes) {
    const own = node === unique ? orders.filter((o) => new Set(o).size === 3) : orders;
    cases = cases.flatMap((head) => own.map((o) => [...head, o]));
  }
  return cases.every((order) => {
    const between = (key: 0 | 1 | 2, query: 0 | 1 | 2) =>
      holds(selector, new Map(nodes.map((node, i) => [node, Math.sign((order[i]?.[key] ?? 0) - (order[i]?.[query] ?? 0)) as Sign])));
    return !(between(0, 1) && between(1, 2)) || between(0, 2);
  });
}

function signVectors(nodes: readonly SOp[]): Signs[] {
  let vectors: [SOp, Sign][][] = [[]];
  for (const node of nodes)
    vectors = vectors.flatMap((head) => ([-1, 0, 1] as const).map((sign): [SOp, Sign][] => [...head, [node, sign]]));
  return vectors.map((entries) => new Map(entries));
}
