/**
 * How a head's scores tell the keys that a selector selects from those that it does not: over all values that queries and keys can have,
 * in nats, relative to the score of BOS for the same query, errors included.
 */
import type { Selector, SOp } from '../graph/graph.ts';
import { distinctRows, variablesBelow } from './combinations.ts';
import { type Condition, comparisonsOf, conditionsOf, predicateOf } from './conditions.ts';
import type { Approximate } from './form.ts';
import { addPart, largestOfPart, largestOfSide, largestSum, type Side, type SidePart, type Vector } from './head-sides.ts';
import type { NodeValues } from './node-values.ts';
import { SAFETY, UNIT } from './rounding.ts';
import { Unproven } from './unproven.ts';

export interface Selection {
  /** Bounds of a selected key's score above that of BOS. */
  readonly low: number;
  readonly high: number;
  /** Of two selected keys of one query the scores differ by at most this. */
  readonly spread: number;
  /** Every other key scores less than any selected one by at least this; infinite where there is no other. */
  readonly gap: number;
  /** The largest score of a key that is not selected, above that of BOS. */
  readonly others: number;
}

/** Scores are divided by √dim, and distances may be scored by rotation. */
export interface ScoreRule {
  readonly factor: number;
  /** Roundings of one product before it is summed. */
  readonly roundings: number;
  /** Largest score that any pair of positions may get besides, up to which it counts as noise. */
  readonly noise: number;
  /** By distance of query and key, what turning dimensions add; null where there are none. */
  readonly byDistance: ByDistance | null;
}

/** Scores of turning dimensions, by how many positions the key lies before the query. */
export interface ByDistance {
  readonly center: Float64Array;
  readonly radius: number;
}

/** More pairs of key and query values than this take too long. */
const MOST_PAIRS = 2 ** 25;
const TINY = 2 ** -18;

export function selectionOf(selector: Selector, query: Side, key: Side, values: NodeValues, rule: ScoreRule): Selection {
  const isExtreme = selector.kind === 'rightmost' || selector.kind === 'leftmost';
  const conditions = conditionsOf(isExtreme ? selector.selector : selector);
  const groups = groupConditions(conditions, query, key, values, isExtreme, rule.byDistance !== null);
  const common = commonBounds(query, key, groups, rule);
  const bounds = groups.map((group) => measureGroup(group, { query, key, values, rule, direction: isExtreme ? selector.kind : null }));
  const sum = (pick: (b: GroupBounds) => number) => bounds.reduce((total, b) => total + pick(b), 0);
  const low = sum((b) => b.low) + common.low;
  const high = sum((b) => b.high) + common.high;
  let gap = Number.POSITIVE_INFINITY;
  let others = Number.NEGATIVE_INFINITY;
  for (const each of bounds) {
    gap = Math.min(gap, each.gap + sum((b) => b.drop) - each.drop);
    others = Math.max(others, each.others + sum((b) => b.any) - each.any);
  }
  gap -= 2 * common.between;
  if (isExtreme) {
    // among those that meet the conditions, the one at the end must lead
    const ordered = bounds.filter((b) => b.lead !== null);
    if (ordered.length !== 1) throw new Unproven('the order of positions is not scored');
    for (const { lead } of ordered) {
      const spreads = sum((b) => (b.lead === null ? b.spread : 0));
      gap = Math.min(gap, (lead as number) - spreads - 2 * common.between);
    }
  }
  const spread = Math.min(high - low, sum((b) => b.spread) + 2 * common.between);
  // the softmax takes differences of rounded scores
  const blur = 4 * UNIT * (common.largest + Math.abs(high) + Math.abs(low) + (Number.isFinite(others) ? Math.abs(others) : 0));
  return {
    low: low - blur,
    high: high + blur,
    spread: spread + 2 * blur,
    gap: gap - 2 * blur,
    others: Number.isFinite(others) ? others + common.high + blur : others,
  };
}

/** Conditions that read the same s-ops, with the parts of queries and keys that go by those. */
interface Group {
  readonly conditions: readonly Condition[];
  readonly queryNodes: readonly SOp[];
  readonly keyNodes: readonly SOp[];
  readonly queryParts: readonly SidePart[];
  readonly keyParts: readonly SidePart[];
  readonly hasOrder: boolean;
  readonly hasDistance: boolean;
}

function groupConditions(
  conditions: readonly Condition[],
  query: Side,
  key: Side,
  values: NodeValues,
  isOrdered: boolean,
  isTurned: boolean,
): Group[] {
  const indices = values.assumptions.graph.indices();
  const leavesOf = (side: string, nodes: readonly SOp[]) => variablesBelow(nodes, new Set()).map((node) => `${side}${node.id}`);
  const sets = new Partition();
  for (const condition of conditions) {
    const selects = comparisonsOf(condition);
    const leaves = [
      ...leavesOf(
        'k',
        selects.map((s) => s.keys),
      ),
      ...leavesOf(
        'q',
        selects.map((s) => s.queries),
      ),
    ];
    sets.join(leaves.length === 0 ? ['none'] : leaves);
  }
  if (isOrdered) sets.join([`k${indices.id}`]);
  if (isTurned) sets.join([`k${indices.id}`, `q${indices.id}`]);
  const own = (side: 'k' | 'q', { producer }: SidePart) => (producer.node === null ? [] : leavesOf(side, [producer.node]));
  const known = (leaves: readonly string[]) => leaves.filter((leaf) => sets.has(leaf));
  for (const part of query.parts) sets.join(known(own('q', part)));
  for (const part of key.parts) sets.join(known(own('k', part)));
  return sets.classes().map((leaves): Group => {
    const belongs = (side: 'k' | 'q') => (part: SidePart) => own(side, part).some((leaf) => leaves.has(leaf));
    const mine = conditions.filter((condition) => {
      const selects = comparisonsOf(condition);
      const all = [
        ...leavesOf(
          'k',
          selects.map((s) => s.keys),
        ),
        ...leavesOf(
          'q',
          selects.map((s) => s.queries),
        ),
      ];
      return all.length === 0 ? leaves.has('none') : all.some((leaf) => leaves.has(leaf));
    });
    const selects = mine.flatMap(comparisonsOf);
    const hasOrder = leaves.has(`k${indices.id}`);
    const hasDistance = hasOrder && leaves.has(`q${indices.id}`);
    return {
      conditions: mine,
      queryNodes: [...new Set([...selects.map((s) => s.queries), ...(hasDistance ? [indices] : [])])],
      keyNodes: [...new Set([...selects.map((s) => s.keys), ...(hasOrder ? [indices] : [])])],
      queryParts: query.parts.filter(belongs('q')),
      keyParts: key.parts.filter(belongs('k')),
      hasOrder,
      hasDistance,
    };
  });
}

/** Sets of names that are joined. */
class Partition {
  #sets: Set<string>[] = [];

  join(names: readonly string[]): void {
    if (names.length === 0) return;
    const touched = this.#sets.filter((set) => names.some((name) => set.has(name)));
    this.#sets = [...this.#sets.filter((set) => !touched.includes(set)), new Set([...names, ...touched.flatMap((set) => [...set])])];
  }

  has(name: string): boolean {
    return this.#sets.some((set) => set.has(name));
  }

  classes(): readonly ReadonlySet<string>[] {
    return this.#sets;
  }
}

/** What scores have in common, and what no group accounts for. */
interface Common {
  /** Bounds of what a key's score has above that of BOS, beside the groups. */
  readonly low: number;
  readonly high: number;
  /** How far off one key's score may be against another's, for the same query. */
  readonly between: number;
  /** The largest absolute score. */
  readonly largest: number;
}

function commonBounds(query: Side, key: Side, groups: readonly Group[], rule: ScoreRule): Common {
  const { size } = query;
  const keys = largestOfSide(key);
  const grouped = new Set(groups.flatMap((g) => g.keyParts));
  const stray = new Float64Array(size);
  for (const part of key.parts) if (!grouped.has(part)) accumulate(stray, largestOfPart(part, size));
  let [middle, error, between, products, terms, shared0, scaled0] = [0, 0, 0, 0, 0, 0, 0];
  for (let d = 0; d < size; d++) {
    const q = query.base[d] as number;
    const eq = query.baseRadius[d] as number;
    // BOS against what every key has
    const bos = (key.bos[d] as number) - (key.base[d] as number);
    const bosError = (key.bosRadius[d] as number) + (key.baseRadius[d] as number);
    middle -= q * bos;
    error += Math.abs(q) * bosError + eq * (Math.abs(bos) + bosError);
    error += strayQueries(query, groups, d) * (Math.abs(bos) + bosError);
    products += Math.abs(q * bos);
    // what the scales of key and query are off by shows in products, not in their terms
    shared0 += q * (key.scaledBase[d] as number);
    scaled0 += (query.scaledBase[d] as number) * bos;
    if (q !== 0 && bos !== 0) terms++;
  }
  error += UNIT * (terms + rule.roundings) * products + query.scale * Math.abs(scaled0);
  between += key.scale * Math.abs(shared0);
  // every key's own errors, what no condition is about, and the rounding of products with what every key has
  const shared = key.baseRadius.map((r, d) => r + (stray[d] as number) + UNIT * (terms + rule.roundings) * Math.abs(key.base[d] as number));
  between += largestSum(query, shared);
  const largest = largestSum(
    query,
    keys.map((x, d) => Math.max(x, Math.abs(key.bos[d] as number) + (key.bosRadius[d] as number))),
  );
  for (const group of groups) {
    // queries of other groups with the keys of this one
    const others = new Float64Array(size);
    for (const part of query.parts) if (!group.queryParts.includes(part)) accumulate(others, largestOfPart(part, size));
    const own = new Float64Array(size);
    for (const part of group.keyParts) accumulate(own, largestOfPart(part, size));
    for (let d = 0; d < size; d++) between += (others[d] as number) * (own[d] as number);
  }
  const { factor, noise } = rule;
  const spread = SAFETY * factor * (error + between) + noise;
  return {
    low: factor * middle - spread,
    high: factor * middle + spread,
    between: SAFETY * factor * between + noise,
    largest: SAFETY * factor * largest,
  };
}

/** Parts of queries that no condition is about: they change how BOS compares. */
function strayQueries(query: Side, groups: readonly Group[], d: number): number {
  let total = 0;
  for (const part of query.parts) {
    if (groups.some((g) => g.queryParts.includes(part))) continue;
    total += largestOfPart(part, query.size)[d] as number;
  }
  return total;
}

function accumulate(into: Float64Array, more: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] as number) + (more[i] as number);
}

/** What one group adds to scores, BOS's share taken off; over queries for which some key meets its conditions. */
interface GroupBounds {
  readonly low: number;
  readonly high: number;
  readonly spread: number;
  /** Least distance of a key that meets the conditions to one that does not, for one query. */
  readonly gap: number;
  /** Least distance (negative) to any key at all. */
  readonly drop: number;
  readonly others: number;
  readonly any: number;
  /** Where positions are ordered: the least distance of a later key to an earlier one that both meet the conditions. */
  readonly lead: number | null;
}

interface GroupInput {
  readonly query: Side;
  readonly key: Side;
  readonly values: NodeValues;
  readonly rule: ScoreRule;
  readonly direction: 'rightmost' | 'leftmost' | null;
}

function measureGroup(group: Group, { query, key, values, rule, direction }: GroupInput): GroupBounds {
  const queryRows = rowsOf(values, group.queryParts, group.queryNodes, query.size);
  const keyRows = rowsOf(values, group.keyParts, group.keyNodes, key.size);
  if (queryRows.length * keyRows.length > MOST_PAIRS) throw new Unproven('a selector compares too many values');
  const indices = values.assumptions.graph.indices();
  const isSelected = predicateOf(group.conditions, values);
  const positions = group.hasOrder ? keyRows.map((row) => row.index(indices)) : [];
  const order = positions
    .map((_, i) => i)
    .sort((a, b) => ((positions[a] as number) - (positions[b] as number)) * (direction === 'leftmost' ? -1 : 1));
  const result = {
    low: Infinity,
    high: -Infinity,
    spread: 0,
    gap: Infinity,
    drop: Infinity,
    others: -Infinity,
    any: -Infinity,
    lead: Infinity,
  };
  const scores = new PairScores(query, key, rule);
  const [least, most] = [new Float64Array(keyRows.length), new Float64Array(keyRows.length)];
  const selects = new Int8Array(keyRows.length);
  const distances = new Float64Array(keyRows.length);
  for (const row of queryRows) {
    scores.setQuery(row.vector);
    const place = group.hasDistance ? row.index(indices) : 0;
    let [low, high, other, first] = [Infinity, -Infinity, -Infinity, -1];
    for (const [k, keyRow] of keyRows.entries()) {
      distances[k] = group.hasDistance ? place - (positions[k] as number) : 0;
      if ((distances[k] as number) < 0 && values.causal) {
        selects[k] = -1;
        continue;
      }
      selects[k] = isSelected(keyRow.index, row.index) ? 1 : 0;
      if (selects[k] === 1 && first < 0) first = k;
      const { center, radius } = scores.of(keyRow.vector, distances[k] as number);
      if (selects[k] === 1) {
        low = Math.min(low, center - radius);
        high = Math.max(high, center + radius);
      } else other = Math.max(other, center + radius);
    }
    result.any = Math.max(result.any, high, other);
    result.others = Math.max(result.others, other);
    if (low === Infinity) continue;
    result.low = Math.min(result.low, low);
    result.high = Math.max(result.high, high);
    // among keys, scores are compared with that of one selected key, so that what is off in the query hardly counts
    const reference = keyRows[first] as Row;
    let [lowest, highest, rest] = [Infinity, -Infinity, -Infinity];
    for (const [k, keyRow] of keyRows.entries()) {
      if (selects[k] === -1) continue;
      const { center, radius } = scores.against(keyRow.vector, reference.vector, distances[k] as number, distances[first] as number);
      least[k] = center - radius;
      most[k] = center + radius;
      if (selects[k] === 1) {
        lowest = Math.min(lowest, center - radius);
        highest = Math.max(highest, center + radius);
      } else rest = Math.max(rest, center + radius);
    }
    result.spread = Math.max(result.spread, highest - lowest);
    result.gap = Math.min(result.gap, lowest - rest);
    result.drop = Math.min(result.drop, lowest - Math.max(highest, rest));
    if (group.hasOrder && direction !== null) result.lead = Math.min(result.lead, leadOf(order, positions, selects, least, most));
  }
  // no key ever meets the conditions
  if (result.low === Infinity) return { ...result, low: 0, high: 0, drop: 0, lead: group.hasOrder ? Infinity : null };
  return { ...result, lead: group.hasOrder && direction !== null ? result.lead : null };
}

/** Among selected keys, in the order of positions: the least by which one scores more than any before it. */
function leadOf(
  order: readonly number[],
  positions: readonly number[],
  selects: Int8Array,
  least: Float64Array,
  most: Float64Array,
): number {
  let lead = Infinity;
  let before = -Infinity;
  for (let from = 0; from < order.length; ) {
    let to = from;
    let own = -Infinity;
    while (to < order.length && positions[order[to] as number] === positions[order[from] as number]) {
      const k = order[to++] as number;
      if (selects[k] !== 1) continue;
      lead = Math.min(lead, (least[k] as number) - before);
      own = Math.max(own, most[k] as number);
    }
    before = Math.max(before, own);
    from = to;
  }
  return lead;
}

/** A combination of values on one side: what its parts add up to, and the values of the s-ops that are compared. */
interface Row {
  readonly vector: Vector;
  readonly index: (node: SOp) => number;
}

function rowsOf(values: NodeValues, parts: readonly SidePart[], nodes: readonly SOp[], size: number): Row[] {
  const carriers = parts.flatMap(({ producer }) => (producer.node === null ? [] : [producer.node]));
  if (parts.some(({ producer }) => producer.isLine)) throw new Unproven('a selector reads numbers that are not enumerated');
  const { count, column } = values.combinations([...carriers, ...nodes]);
  const columns = [...new Set([...carriers, ...nodes])].map((node) => ({ node, column: column(node) }));
  const rows: Row[] = [];
  for (const at of distinctRows(
    count,
    columns.map((c) => c.column),
  )) {
    const vector: Vector = { center: new Float64Array(size), radius: new Float64Array(size) };
    const indexOf = new Map(columns.map((c) => [c.node, c.column[at] as number]));
    for (const part of parts) addPart(vector, part, part.producer.node === null ? 0 : (indexOf.get(part.producer.node) as number));
    rows.push({ vector, index: (node) => indexOf.get(node) ?? 0 });
  }
  return rows;
}

/** Scores of one query with keys, relative to BOS. */
class PairScores {
  readonly #query: Side;
  readonly #key: Side;
  readonly #rule: ScoreRule;
  #dims: number[] = [];
  readonly #center: Float64Array;
  readonly #radius: Float64Array;
  #bos = 0;
  #bosError = 0;
  /** Of the query's own part with what every key has. */
  #common = 0;

  constructor(query: Side, key: Side, rule: ScoreRule) {
    this.#query = query;
    this.#key = key;
    this.#rule = rule;
    this.#center = new Float64Array(query.size);
    this.#radius = new Float64Array(query.size);
  }

  setQuery({ center, radius }: Vector): void {
    this.#dims = [];
    [this.#bos, this.#bosError, this.#common] = [0, 0, 0];
    for (let d = 0; d < center.length; d++) {
      const [own, ownError] = [center[d] as number, radius[d] as number];
      this.#center[d] = (this.#query.base[d] as number) + own;
      this.#radius[d] = (this.#query.baseRadius[d] as number) + ownError;
      if (this.#center[d] !== 0 || this.#radius[d] !== 0) this.#dims.push(d);
      const bos = (this.#key.bos[d] as number) - (this.#key.base[d] as number);
      const bosError = (this.#key.bosRadius[d] as number) + (this.#key.baseRadius[d] as number);
      this.#bos += own * bos;
      this.#common += own * (this.#key.scaledBase[d] as number);
      this.#bosError += Math.abs(own) * bosError + ownError * (Math.abs(bos) + bosError);
    }
  }

  /** A key's score above that of BOS. */
  of(key: Vector, distance: number): Approximate {
    const { factor } = this.#rule;
    const { sum, scaled, error } = this.#product(key, null);
    const turned = this.#turned(distance);
    const off = error + this.#bosError + this.#query.scale * Math.abs(scaled - this.#bos);
    return { center: factor * (sum - this.#bos) + turned.center, radius: SAFETY * factor * off + turned.radius };
  }

  /** A key's score above what the middle of another key would score. */
  against(key: Vector, reference: Vector, distance: number, referenceDistance: number): Approximate {
    const { factor } = this.#rule;
    const { sum, scaled, error } = this.#product(key, reference.center);
    const [turned, other] = [this.#turned(distance), this.#turned(referenceDistance)];
    const off = error + this.#query.scale * Math.abs(scaled);
    return { center: factor * sum + turned.center - other.center, radius: SAFETY * factor * off + turned.radius };
  }

  /** The query's product with a key, less that with a reference; errors of the query count by how far the two are apart. */
  #product({ center, radius }: Vector, reference: Float64Array | null): { sum: number; scaled: number; error: number } {
    let [sum, scaled, whole, error, total, large, tiny] = [0, 0, 0, 0, 0, 0, 0];
    for (const d of this.#dims) {
      const [k, ek] = [center[d] as number, radius[d] as number];
      const r = reference === null ? 0 : (reference[d] as number);
      if (k === 0 && ek === 0 && r === 0) continue;
      const [q, eq] = [this.#center[d] as number, this.#radius[d] as number];
      const product = Math.abs(q * k);
      const apart = k - r;
      sum += q * apart;
      scaled += (q - (this.#query.base[d] as number) + (this.#query.scaledBase[d] as number)) * apart;
      whole += q * k;
      error += Math.abs(q) * ek + eq * (Math.abs(apart) + ek);
      total += product;
      if (product > TINY) large++;
      else tiny += product;
    }
    error += UNIT * (large + this.#rule.roundings) * total + Math.min(1.001 * tiny, UNIT * this.#dims.length * total);
    // the key's own scale
    error += this.#key.scale * Math.abs(whole + this.#common);
    return { sum, scaled, error: error * (1 + 4 * (this.#key.scale + this.#query.scale)) };
  }

  #turned(distance: number): Approximate {
    const { byDistance } = this.#rule;
    if (byDistance === null) return { center: 0, radius: 0 };
    return { center: byDistance.center[Math.abs(distance)] as number, radius: byDistance.radius };
  }
}
