/**
 * How a head's scores tell the keys that a selector selects from those that it does not: over all values that queries and keys can have,
 * in nats, relative to the score of BOS for the same query, errors included.
 */
import type { Selector } from '../../graph/graph.ts';
import { numberAt } from '../../tensor/number-at.ts';
import { UNDERFLOW, UNIT } from '../bounds/rounding.ts';
import { Unproven } from '../claim/unproven.ts';
import { conditionsOf } from '../meaning/conditions.ts';
import type { NodeValues } from '../meaning/node-values.ts';
import { commonBounds } from './common-scores.ts';
import type { Side } from './head-sides.ts';
import { type GroupBounds, measureGroup, type Ordering } from './measure-group.ts';
import type { ByDistance, ScoreRule } from './pair-scores.ts';
import { groupConditions } from './score-groups.ts';

/**
 * What distances add to scores where they score the order that an extreme asks for, whatever else a key is; null where they do not, and where a
 * key may come behind its query.
 */
function orderBounds(byDistance: ByDistance | null, direction: 'rightmost' | 'leftmost' | null, causal: boolean): GroupBounds | null {
  if (byDistance === null || direction === null || !causal) return null;
  const { center, radius } = byDistance;
  const sign = direction === 'rightmost' ? 1 : -1;
  let [least, most, lead] = [Infinity, -Infinity, Infinity];
  // BOS is one further than any key, and has no score of its own here but what `radius` holds
  for (let distance = 0; distance < center.length - 1; distance++) {
    const own = numberAt(center, distance);
    [least, most] = [Math.min(least, own), Math.max(most, own)];
    if (distance > 0) lead = Math.min(lead, sign * (numberAt(center, distance - 1) - own));
  }
  if (!(lead > 2 * radius)) return null;
  const [low, high, spread] = [least - radius, most + radius, most - least + 2 * radius];
  return { low, high, spread, gap: Infinity, drop: -spread, others: -Infinity, any: high, lead: lead - 2 * radius, isNever: false };
}

/** Products that a score has at most, and what they are scaled by. */
const SCORE_TERMS = 2 ** 24;

export interface Selection {
  /** Bounds of a selected key's score above that of BOS; of a selector that never selects anything the least is above the largest. */
  readonly low: number;
  readonly high: number;
  /** Of two selected keys of one query the scores differ by at most this. */
  readonly spread: number;
  /** Every other key scores less than any selected one by at least this; infinite where there is no other. */
  readonly gap: number;
  /** The largest score of a key that is not selected, above that of BOS. */
  readonly others: number;
}

/** @param ranking by what the keys that are selected are told apart, of a selector that is no extreme; null where they are not */
export function selectionOf(
  selector: Selector,
  { query, key, rule }: { readonly query: Side; readonly key: Side; readonly rule: ScoreRule },
  values: NodeValues,
  ranking: Ordering | null = null,
): Selection {
  const isExtreme = selector.kind === 'rightmost' || selector.kind === 'leftmost';
  const conditions = conditionsOf(isExtreme ? selector.selector : selector);
  const direction = isExtreme ? selector.kind : null;
  const byPosition = { by: values.assumptions.graph.indices(), end: direction === 'leftmost' ? ('least' as const) : ('most' as const) };
  const ordering = ranking ?? (isExtreme ? byPosition : null);
  // an order that distances score by themselves goes by nothing else: it is a group of its own, and positions need not be known
  const turned = orderBounds(rule.byDistance, direction, values.causal);
  const ownRule: ScoreRule = turned === null ? rule : { ...rule, byDistance: null };
  const ordered = turned === null ? ordering : null;
  const groups = groupConditions(conditions, query, key, values, ordered?.by ?? null, ownRule.byDistance !== null);
  const common = commonBounds(query, key, groups, rule);
  const measured = groups.map((group) => measureGroup(group, { query, key, values, rule: ownRule, ordering: ordered }));
  const bounds = turned === null ? measured : [...measured, turned];
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
  const isNever = bounds.some((b) => b.isNever);
  if (ordering !== null && !isNever) {
    // among those that meet the conditions, the one at the end must lead
    const ordered = bounds.filter((b) => b.lead !== null);
    if (ordered.length !== 1) throw new Unproven('the order of what is selected is not scored');
    for (const { lead } of ordered) {
      if (lead === null) continue;
      const spreads = sum((b) => (b.lead === null ? b.spread : 0));
      gap = Math.min(gap, lead - spreads - 2 * common.between);
    }
  }
  const spread = Math.min(high - low, sum((b) => b.spread) + 2 * common.between);
  // the softmax takes differences of rounded scores
  const blur =
    UNDERFLOW * SCORE_TERMS +
    4 * UNIT * (common.largest + Math.abs(high) + Math.abs(low) + (Number.isFinite(others) ? Math.abs(others) : 0));
  const rest = Number.isFinite(others) ? others + common.high + blur : others;
  if (isNever) return { low: Infinity, high: -Infinity, spread: 0, gap: Infinity, others: rest };
  return {
    low: low - blur,
    high: high + blur,
    spread: spread + 2 * blur,
    gap: gap - 2 * blur,
    others: rest,
  };
}
