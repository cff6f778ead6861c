/**
 * How a head's weights fall in half precision: scores of all values that queries and keys can have, summed in float32 and rounded. Keys are taken
 * apart into groups of dimensions that have nothing in common, whose sums are added before rounding.
 */

import type { Selector, SOp } from '../../graph/graph.ts';
import { floatAt, indexAt, numberAt, numberOf } from '../../tensor/number-at.ts';
import type { Range } from '../bounds/rounding.ts';
import { Unproven } from '../claim/unproven.ts';
import { distinctRows, variablesBelow } from '../meaning/combinations.ts';
import { type Condition, comparisonsOf, conditionsOf, type Predicate, predicateOf } from '../meaning/conditions.ts';
import type { NodeValues } from '../meaning/node-values.ts';
import { type HalfArithmetic, hull, NOTHING, plus, product, SINGLE, sizeOf, times, widened, ZERO } from './half-interval.ts';
import type { HalfRow } from './half-reader.ts';
import type { HalfRotary } from './half-rotary.ts';
import type { HalfPart } from './half-stream.ts';

/** More pairs than this take too long. */
const MOST_PAIRS = 2 ** 24;

/** One side of a head's scores: a vector for each combination of values. */
interface SideRow {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly index: (node: SOp) => number;
  readonly position: number;
}

/** How a head's weights fall, over all queries. */
export interface HalfSelection {
  /** A selected key's score above that of BOS. */
  readonly low: number;
  readonly high: number;
  /** Selected keys of one query differ by at most this. */
  readonly spread: number;
  /** What all keys that ought to have nothing weigh at most, in units of a selected key's weight. */
  readonly leak: number;
  /** The same, in units of BOS's weight, where nothing is selected. */
  readonly others: number;
  /** BOS, in units of a selected key's weight. */
  readonly overBos: number;
  /** With BOS as the query what all keys weigh, in its units; nothing where it does not see them. */
  readonly atBos: number;
}

export interface HeadRows {
  readonly query: readonly HalfRow[];
  readonly key: readonly HalfRow[];
  readonly rotary: HalfRotary | null;
  /** What products are multiplied by. */
  readonly factor: number;
  /** Whether BOS sees other positions. */
  readonly seesAll: boolean;
}

export function selectionOf(selector: Selector, head: HeadRows, values: NodeValues, half: HalfArithmetic): HalfSelection {
  const { query, key, rotary, factor, seesAll } = head;
  const extreme = selector.kind === 'rightmost' || selector.kind === 'leftmost' ? selector.kind : null;
  const conditions = conditionsOf(selector.kind === 'rightmost' || selector.kind === 'leftmost' ? selector.selector : selector);
  const indices = values.assumptions.graph.indices();
  const live = query.flatMap((row, d) => (row.isNothing || (key[d] as HalfRow).isNothing ? [] : [d]));
  const dims = rotary === null ? live : rotary.closure(live);
  const needsPosition = extreme !== null || (rotary?.turns(dims) ?? false);
  const turn = (vector: Vector, position: number) => rotary?.turn(vector.low, vector.high, dims, position, half);
  const asked = conditions.flatMap((condition) => comparisonsOf(condition).map(({ queries }) => queries));
  const queries = sideRows(
    dims.map((d) => query[d] as HalfRow),
    [...asked, ...(needsPosition ? [indices] : [])],
    values,
    turn,
  );
  const groups = keyGroups(conditions, dims, head, needsPosition, values, turn);
  const pairs = queries.length * groups.reduce((sum, { rows }) => sum + rows.length, 0);
  if (pairs > MOST_PAIRS) {
    const size = `${queries.length} combinations of values with ${pairs / queries.length}`;
    throw new Unproven(`a selector compares ${size}, more than are followed in ${half.dtype}: a shorter context could be`);
  }
  const bosKey = bosVector(dims.map((d) => key[d] as HalfRow));
  turn(bosKey, 0);
  const all = dims.map((_, at) => at);
  const count = values.assumptions.context;
  const result = { low: Infinity, high: -Infinity, spread: 0, leak: 0, others: 0, overBos: 0, atBos: 0 };
  const finished = ({ range, size, terms }: Summed) => finish(range, size, terms, factor, half);
  for (const row of queries) {
    const bos = finished(summed(row, bosKey, all));
    const scored = groups.map((group) => scoreGroup(group, row, values.causal));
    if (scored.some(({ any }) => any === null)) continue;
    const size = scored.reduce((sum, each) => sum + each.size, 0);
    const total = (ranges: readonly (Range | null)[]): Range | null =>
      ranges.some((range) => range === null)
        ? null
        : finished({
            range: ranges.reduce<Range>((sum, range) => plus(sum, range ?? NOTHING), { low: 0, high: 0 }),
            size,
            terms: dims.length,
          });
    // a key is not selected where it fails the conditions of one group, whatever it is in the others
    let rest = Number.NEGATIVE_INFINITY;
    for (const [g, { unselected }] of scored.entries()) {
      const failing = total(scored.map((each, i) => (i === g ? unselected : each.any)));
      if (failing !== null) rest = Math.max(rest, failing.high);
    }
    result.others = Math.max(result.others, count * Math.exp(rest - bos.low));
    const chosen = total(scored.map(({ selected }) => selected));
    if (chosen === null) continue;
    const { low, high } = chosen;
    result.low = Math.min(result.low, low - bos.high);
    result.high = Math.max(result.high, high - bos.low);
    result.overBos = Math.max(result.overBos, Math.exp(bos.high - low));
    result.spread = Math.max(result.spread, high - low);
    let leak = count * Math.exp(rest - low);
    if (extreme !== null) {
      const place = groups.findIndex(({ hasPosition }) => hasPosition);
      const byPosition = [...(scored[place] as Scored).byPosition].sort(([a], [b]) => (a - b) * (extreme === 'leftmost' ? -1 : 1));
      leak += before(byPosition.map(([, range]) => total(scored.map((each, i) => (i === place ? range : each.selected))) as Range));
    }
    result.leak = Math.max(result.leak, leak);
  }
  if (!seesAll) return result;
  const bosQuery = bosVector(dims.map((d) => query[d] as HalfRow));
  turn(bosQuery, 0);
  const own = finished(summed(bosQuery, bosKey, all));
  const scored = groups.map((group) => scoreGroup(group, { ...bosQuery, index: () => 0, position: -1 }, false));
  const most = scored.reduce((sum, { any }) => plus(sum, any ?? NOTHING), { low: 0, high: 0 });
  const highest = finished({ range: most, size: scored.reduce((sum, each) => sum + each.size, 0), terms: dims.length }).high;
  return { ...result, atBos: count * Math.exp(highest - own.low) };
}

type Vector = Pick<SideRow, 'low' | 'high'>;

/** Dimensions of keys that have nothing in common with those of other groups, with the conditions about them. */
interface KeyGroup {
  readonly dims: readonly number[];
  readonly rows: readonly SideRow[];
  readonly isSelected: Predicate;
  readonly hasPosition: boolean;
}

/** @param turn turns whole vectors over `dims`; each group fills in its own */
function keyGroups(
  conditions: readonly Condition[],
  dims: readonly number[],
  { key, rotary }: HeadRows,
  needsPosition: boolean,
  values: NodeValues,
  turn: (vector: Vector, position: number) => void,
): KeyGroup[] {
  const indices = values.assumptions.graph.indices();
  const leavesOf = (nodes: readonly SOp[]) => variablesBelow(nodes, new Set());
  const ofDim = dims.map((d) => {
    const own = leavesOf((key[d] as HalfRow).parts.flatMap(({ node }) => node ?? []));
    return needsPosition && (rotary?.turns([d]) ?? false) ? [...own, indices] : own;
  });
  const ofCondition = conditions.map((condition) => leavesOf(comparisonsOf(condition).map(({ keys }) => keys)));
  let classes: { leaves: Set<SOp>; dims: Set<number>; conditions: Set<number> }[] = [];
  const join = (leaves: readonly SOp[], ownDims: readonly number[], own: readonly number[]) => {
    const touched = classes.filter((each) => leaves.some((leaf) => each.leaves.has(leaf)) || ownDims.some((d) => each.dims.has(d)));
    const joined = {
      leaves: new Set([...leaves, ...touched.flatMap((each) => [...each.leaves])]),
      dims: new Set([...ownDims, ...touched.flatMap((each) => [...each.dims])]),
      conditions: new Set([...own, ...touched.flatMap((each) => [...each.conditions])]),
    };
    classes = [...classes.filter((each) => !touched.includes(each)), joined];
  };
  for (const [at, leaves] of ofDim.entries()) {
    const partner = rotary === null ? [at] : rotary.closure([numberAt(dims, at)]).map((d) => dims.indexOf(d));
    join(leaves, partner, []);
  }
  for (const [c, leaves] of ofCondition.entries()) join(leaves, [], [c]);
  if (needsPosition) join([indices], [], []);
  return classes.map(({ leaves, dims: own, conditions: mine }): KeyGroup => {
    const held = [...own].sort((a, b) => a - b);
    const compared = [...mine].flatMap((c) => comparisonsOf(conditions[c] as Condition).map(({ keys }) => keys));
    const hasPosition = needsPosition && leaves.has(indices);
    const rows = sideRows(
      dims.map((d, at) => (own.has(at) ? (key[d] as HalfRow) : null)),
      [...compared, ...(hasPosition ? [indices] : [])],
      values,
      turn,
    );
    return {
      dims: held,
      rows,
      isSelected: predicateOf(
        [...mine].map((c) => conditions[c] as Condition),
        values,
      ),
      hasPosition,
    };
  });
}

/** What a group adds to the scores of one query. Null where there is no such key. */
interface Scored {
  readonly selected: Range | null;
  readonly unselected: Range | null;
  readonly any: Range | null;
  /** Of selected keys, by position, in the group that has positions. */
  readonly byPosition: ReadonlyMap<number, Range>;
  /** The largest sum of absolute products. */
  readonly size: number;
}

function scoreGroup({ dims, rows, isSelected, hasPosition }: KeyGroup, query: SideRow, isCausal: boolean): Scored {
  let [selected, unselected, any, size] = [NOTHING, NOTHING, NOTHING, 0];
  const byPosition = new Map<number, Range>();
  for (const row of rows) {
    if (isCausal && query.position >= 0 && row.position > query.position) continue;
    const own = summed(query, row, dims);
    size = Math.max(size, own.size);
    any = hull(any, own.range);
    if (!isSelected(row.index, query.index)) unselected = hull(unselected, own.range);
    else {
      selected = hull(selected, own.range);
      if (hasPosition) byPosition.set(row.position, hull(byPosition.get(row.position) ?? NOTHING, own.range));
    }
  }
  const found = (range: Range) => (range.low > range.high ? null : range);
  return { selected: found(selected), unselected: found(unselected), any: found(any), byPosition, size };
}

interface Summed {
  readonly range: Range;
  readonly size: number;
  readonly terms: number;
}

function summed(query: Vector, key: Vector, dims: readonly number[]): Summed {
  let [low, high, size, terms] = [0, 0, 0, 0];
  for (let i = 0; i < dims.length; i++) {
    const d = numberAt(dims, i);
    const [a, b] = [floatAt(query.low, d), floatAt(query.high, d)];
    const [x, y] = [floatAt(key.low, d), floatAt(key.high, d)];
    if ((a === 0 && b === 0) || (x === 0 && y === 0)) continue;
    const own = a === b && x === y ? { low: a * x, high: a * x } : product({ low: a, high: b }, { low: x, high: y });
    low += own.low;
    high += own.high;
    size += sizeOf(own);
    terms++;
  }
  return { range: { low, high }, size, terms };
}

/** A sum of products in float32, rounded; scaled, and rounded again. */
function finish(range: Range, size: number, terms: number, factor: number, half: HalfArithmetic): Range {
  const rounded = half.round(widened(range, terms > 1 ? SINGLE * terms * size : 0), 'a score');
  return half.round(widened(times(rounded, factor), Number.isInteger(Math.log2(factor)) ? 0 : SINGLE * size * factor), 'a score');
}

/** What selected keys before the last one weigh, in its units, whichever is the last; of each position the heaviest. */
function before(scores: readonly Range[]): number {
  let [worst, reference, total] = [0, Number.NEGATIVE_INFINITY, 0];
  for (const { low, high } of scores) {
    if (total > 0) worst = Math.max(worst, total * Math.exp(reference - low));
    const next = Math.max(reference, high);
    total = (total === 0 ? 0 : total * Math.exp(reference - next)) + Math.exp(high - next);
    reference = next;
  }
  return worst;
}

function bosVector(rows: readonly HalfRow[]): { low: Float64Array; high: Float64Array } {
  return { low: Float64Array.from(rows, ({ bos }) => bos.low), high: Float64Array.from(rows, ({ bos }) => bos.high) };
}

/** @param rows null in dimensions that are left out */
function sideRows(
  rows: readonly (HalfRow | null)[],
  nodes: readonly SOp[],
  values: NodeValues,
  turn: (vector: Vector, position: number) => void,
): SideRow[] {
  const indices = values.assumptions.graph.indices();
  const parts = [...new Set(rows.flatMap((row) => row?.parts ?? []))];
  const carriers = parts.flatMap(({ node }) => (node === null ? [] : [node]));
  const all = [...new Set([...carriers, ...nodes])];
  const { count, column } = values.combinations(all);
  const columns = all.map((node) => ({ node, column: column(node) }));
  return distinctRows(
    count,
    columns.map((c) => c.column),
  ).map((at): SideRow => {
    const indexOf = new Map(columns.map((c) => [c.node, indexAt(c.column, at)]));
    const read = rows.map((row) => row?.at(({ node }: HalfPart) => (node === null ? 0 : numberOf(indexOf, node))) ?? ZERO);
    const [low, high] = [Float64Array.from(read, (r) => r.low), Float64Array.from(read, (r) => r.high)];
    const position = indexOf.get(indices) ?? -1;
    turn({ low, high }, position + 1);
    return { low, high, index: (node) => indexOf.get(node) ?? 0, position };
  });
}
