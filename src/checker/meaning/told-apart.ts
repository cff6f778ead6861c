/**
 * Whether no query can name two keys: positions that are all shifted by one number, and keys of a kind each of which has another number of its kind
 * before it (or after). Both hold whatever the input is.
 */
import { numericValue } from '../../graph/domain.ts';
import { type Graph, reachable, type Selector, type SOp } from '../../graph/graph.ts';
import { type Value, valueKey } from '../../graph/value.ts';
import { numberAt } from '../../tensor/number-at.ts';
import type { Combinations } from './combinations.ts';
import { selectsEverything } from './selects-everything.ts';

export interface ToldApartFacts {
  readonly assumptions: {
    readonly graph: Graph;
    readonly causal: boolean;
    readonly originals: ReadonlyMap<SOp, SOp>;
  };
  /** Null for values that are not enumerated. */
  of(node: SOp): readonly Value[] | null;
  areMany(nodes: readonly SOp[]): boolean;
  combinations(nodes: readonly SOp[]): Combinations;
}

export function namesOneAtMost(keys: SOp, queries: SOp, facts: ToldApartFacts): boolean {
  return (!facts.assumptions.causal && shiftsAlike(keys)) || namesOneOfAKind(keys, queries, facts);
}

/** Positions, once, and what every position has in common, added up. */
function shiftsAlike(keys: SOp): boolean {
  let positions = 0;
  const open = [keys];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === 'indices') positions++;
    else if (node.kind === 'elementwise' && node.operation.kind === 'binary' && ['+', '-'].includes(node.operation.operator))
      open.push(...node.args);
    else if (!isCommon(node)) return false;
  }
  return positions === 1;
}

/** Whether all positions of an input have the same value. */
function isCommon(node: SOp): boolean {
  if (node.kind === 'constant') return true;
  if (node.kind === 'elementwise') return node.args.every(isCommon);
  return node.kind !== 'tokens' && node.kind !== 'indices' && isAskedAlike(node.selector);
}

/** Whether all queries select the same keys, where every query sees every key. */
function isAskedAlike(selector: Selector): boolean {
  switch (selector.kind) {
    case 'select':
      return isCommon(selector.queries);
    case 'and':
    case 'or':
      return isAskedAlike(selector.left) && isAskedAlike(selector.right);
    default:
      return isAskedAlike(selector.selector);
  }
}

function namesOneOfAKind(keys: SOp, queries: SOp, facts: ToldApartFacts): boolean {
  const named = facts.of(queries);
  if (named === null || facts.of(keys) === null) return false;
  const asked = new Set(named.map(plainKey));
  const { originals } = facts.assumptions;
  const isToldBy = (node: SOp, meant: SOp) => {
    const counter = counterOf(meant);
    const conditions = counter === null ? null : kindOf(counter.selector, facts);
    return counter !== null && conditions !== null && differByCount(keys, asked, { node, ...counter, conditions }, facts);
  };
  const nodes = reachable([keys]) as readonly SOp[];
  // as it is claimed, or as the program says it: a sum of counts may be one count there
  return nodes.some((node) => isToldBy(node, node) || isToldBy(node, originals.get(node) ?? node));
}

/** What says how many of a kind stand before; or merely whether any does. */
interface Counter {
  readonly selector: Selector;
  readonly isPresence: boolean;
}

function counterOf(node: SOp | Selector): Counter | null {
  if (node.kind === 'width') return { selector: node.selector, isPresence: false };
  if (node.kind !== 'aggregate' || node.value.kind !== 'constant') return null;
  const [some, none] = [node.value.value, node.default];
  if (typeof some === 'string' || typeof none === 'string') return null;
  return Number(some) > 0 && Number(none) === 0 ? { selector: node.selector, isPresence: true } : null;
}

/** The conditions of the kind; null where a key is counted for more than its kind and its place before (or after) the query. */
function kindOf(selector: Selector, { assumptions: { graph, causal } }: ToldApartFacts): readonly SOp[] | null {
  const open = [selector];
  const conditions: SOp[] = [];
  const places: string[] = [];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (part.kind === 'and') open.push(part.left, part.right);
    else if (part.kind !== 'select') return null;
    else if (selectsEverything(part)) continue;
    else if (part.keys.kind === 'indices' && part.queries.kind === 'indices') places.push(part.operator);
    else if (part.queries.kind === 'constant') conditions.push(graph.binary(part.operator, part.keys, part.queries));
    else return null;
  }
  if (places.length > 1 || conditions.length === 0) return null;
  const allowed = causal ? ['<', '<='] : ['<', '<=', '>', '>='];
  const [place] = places;
  return (place === undefined ? causal : allowed.includes(place)) ? conditions : null;
}

/**
 * Of two keys of the kind one is counted for the other and not the other way round, so that their counts differ: a value that none but keys of the
 * kind have, all of them with one count, is had once at most.
 */
function differByCount(
  keys: SOp,
  asked: ReadonlySet<string>,
  { node, isPresence, conditions }: Counter & { readonly node: SOp; readonly conditions: readonly SOp[] },
  facts: ToldApartFacts,
): boolean {
  const nodes = [keys, node, ...conditions];
  if (facts.areMany(nodes)) return false;
  const { count, column } = facts.combinations(nodes);
  const [values, counts] = [facts.of(keys), facts.of(node)];
  const truths = conditions.map((condition) => ({ values: facts.of(condition), column: column(condition) }));
  if (values === null || counts === null) return false;
  const [keyColumn, countColumn] = [column(keys), column(node)];
  const known = new Map<string, number>();
  for (let at = 0; at < count; at++) {
    const value = plainKey(values[numberAt(keyColumn, at)] as Value);
    if (!asked.has(value)) continue;
    if (!truths.every((each) => each.values?.[numberAt(each.column, at)] === true)) return false;
    const counted = numericValue(counts[numberAt(countColumn, at)] as Value);
    if ((known.get(value) ?? (isPresence ? 0 : counted)) !== counted) return false;
    known.set(value, counted);
  }
  return true;
}

/** Equal numbers are one value, whatever their types. */
function plainKey(value: Value): string {
  return typeof value === 'string' ? valueKey(value) : String(Number(value));
}
