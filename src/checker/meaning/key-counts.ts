/**
 * Sums of widths, positions and constants as what they count: each key some number of times, by how it compares with the query. Two that count
 * alike in every way in which keys and queries can compare are the same number on every input.
 */
import { assertNever, type ComparisonOperator, type Selector, type SOp } from '../../graph/graph.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { selectsEverything } from './selects-everything.ts';

/** `before` counts the keys before the query, `self` the query's own. */
export interface Counted {
  readonly weight: number;
  readonly keys: Selector | 'before' | 'self';
}

/** What a selector compares: an s-op at the key with one at the query. */
export interface Compared {
  readonly key: SOp;
  readonly query: SOp;
}

/** The sign of key less query, in each comparison; of positions with `null`. */
export type SignOf = (compared: Compared | null) => number;

/** Sums of more terms, and more comparisons, take too many cases. */
const MOST_TERMS = 16;
const MOST_COMPARED = 3;

/** @param meant what stands for a term, itself or another s-op that it is equal to; null where the node is no sum of counts */
export function countedBy(node: SOp, meant: (term: SOp) => SOp = (term) => term): readonly Counted[] | null {
  const counted: Counted[] = [];
  const left: (readonly [term: SOp, weight: number])[] = [[node, 1]];
  while (left.length > 0) {
    if (left.length + counted.length > MOST_TERMS) return null;
    const [term, weight] = left.pop() as readonly [SOp, number];
    const own = meant(term);
    const operation = own.kind === 'elementwise' ? own.operation : null;
    if (own.kind === 'width') counted.push({ weight, keys: own.selector });
    else if (own.kind === 'indices') counted.push({ weight, keys: 'before' });
    else if (own.kind === 'constant' && typeof own.value === 'bigint') counted.push({ weight: weight * Number(own.value), keys: 'self' });
    else if (own.kind === 'elementwise' && operation?.kind === 'unary' && operation.operator === '-')
      left.push([own.args[0] as SOp, -weight]);
    else if (own.kind === 'elementwise' && operation?.kind === 'binary') {
      const [first, second] = own.args as [SOp, SOp];
      if (operation.operator === '+') left.push([first, weight], [second, weight]);
      else if (operation.operator === '-') left.push([first, weight], [second, -weight]);
      else if (operation.operator === '*' && first.kind === 'constant' && typeof first.value === 'bigint')
        left.push([second, weight * Number(first.value)]);
      else return null;
    } else return null;
  }
  return counted;
}

/** What the selectors of counts compare, positions with positions left out; null where they ask for more than comparisons. */
export function comparedIn(counts: readonly Counted[]): Compared[] | null {
  const compared: Compared[] = [];
  const gather = (selector: Selector): boolean => {
    switch (selector.kind) {
      case 'select': {
        const { keys: key, queries: query } = selector;
        const isKnown = compared.some((each) => each.key === key && each.query === query);
        if (!isKnown && !selectsEverything(selector) && !arePositions({ key, query })) compared.push({ key, query });
        return true;
      }
      case 'and':
      case 'or':
        return gather(selector.left) && gather(selector.right);
      case 'not':
        return gather(selector.selector);
      case 'rightmost':
      case 'leftmost':
        return false;
      default:
        return assertNever(selector);
    }
  };
  return counts.every(({ keys }) => typeof keys === 'string' || gather(keys)) ? compared : null;
}

/** How often a key is counted that compares so. */
export function countAt(counts: readonly Counted[], sign: SignOf): number {
  return counts.reduce((sum, { weight, keys }) => {
    const position = sign(null);
    const isCounted = keys === 'before' ? position < 0 : keys === 'self' ? position === 0 : selects(keys, sign);
    return sum + (isCounted ? weight : 0);
  }, 0);
}

export function selects(selector: Selector, sign: SignOf): boolean {
  switch (selector.kind) {
    case 'select': {
      if (selectsEverything(selector)) return true;
      const compared = { key: selector.keys, query: selector.queries };
      return ACCEPTS[selector.operator](sign(arePositions(compared) ? null : compared));
    }
    case 'and':
      return selects(selector.left, sign) && selects(selector.right, sign);
    case 'or':
      return selects(selector.left, sign) || selects(selector.right, sign);
    case 'not':
      return !selects(selector.selector, sign);
    default:
      throw new Error(`${selector.kind} makes no comparison`);
  }
}

/**
 * Every way in which keys and queries can compare, as two tell it: at one position, what is compared with itself is equal. Null where there are
 * too many.
 * @param isSame whether what the second compares is what the first does
 */
export function everyComparison(
  own: readonly Compared[],
  other: readonly Compared[],
  isSame: (own: Compared, other: Compared) => boolean,
): { readonly own: SignOf; readonly other: SignOf }[] | null {
  const places = own.map((_, i) => i);
  const isSelf = own.map(({ key, query }) => key === query);
  const otherPlaces = other.map((each) => {
    const known = own.findIndex((one) => isSame(one, each));
    return known < 0 ? isSelf.push(each.key === each.query) - 1 : known;
  });
  if (isSelf.length > MOST_COMPARED) return null;
  let signs: number[][] = [[-1], [0], [1]];
  for (const self of isSelf) signs = signs.flatMap((head) => (head[0] === 0 && self ? [0] : [-1, 0, 1]).map((sign) => [...head, sign]));
  const told = (values: readonly number[], compared: readonly Compared[], at: readonly number[]): SignOf => {
    return (asked) => {
      if (asked === null) return numberAt(values, 0);
      const place = compared.findIndex(({ key, query }) => key === asked.key && query === asked.query);
      return numberAt(values, 1 + numberAt(at, place));
    };
  };
  return signs.map((values) => ({ own: told(values, own, places), other: told(values, other, otherPlaces) }));
}

/** Whether two selectors can never select the same key. */
export function areDisjoint(a: Selector, b: Selector): boolean {
  const compared = comparedIn([a, b].map((keys) => ({ weight: 1, keys })));
  const ways = compared === null ? null : everyComparison(compared, [], () => false);
  return ways?.every(({ own }) => !(selects(a, own) && selects(b, own))) ?? false;
}

function arePositions({ key, query }: Compared): boolean {
  return key.kind === 'indices' && query.kind === 'indices';
}

/** Whether a comparison holds, by its sign or by the difference of what is compared. */
export const ACCEPTS: Readonly<Record<ComparisonOperator, (difference: number) => boolean>> = {
  '==': (difference) => difference === 0,
  '!=': (difference) => difference !== 0,
  '<': (difference) => difference < 0,
  '>': (difference) => difference > 0,
  '<=': (difference) => difference <= 0,
  '>=': (difference) => difference >= 0,
};
