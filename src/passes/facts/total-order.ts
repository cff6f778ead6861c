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

export function isStrictTotalOrder(selector: Selector, facts: PositionalQuery): boolean {
  const operands = new Set<SOp>();
  if (!comparesItself(selector, operands) || operands.size > MOST_OPERANDS) return false;
  const nodes = [...operands];
  const unique = nodes.find((node) => distinctAcrossPositions(node, facts));
  if (unique === undefined) return false;
  return isAntisymmetricAndTotal(selector, nodes, unique) && isTransitive(selector, nodes, unique);
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

function signHolds(operator: ComparisonOperator, sign: Sign): boolean {
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
