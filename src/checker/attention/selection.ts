/**
 * How a head's scores tell the keys that a selector selects from those that it does not: over all values that queries and keys can have,
 * in nats, relative to the score of BOS for the same query, errors included.
 */
import type { Selector } from '../../graph/graph.ts';
import { UNDERFLOW, UNIT } from '../bounds/rounding.ts';
import { Unproven } from '../claim/unproven.ts';
import { conditionsOf } from '../meaning/conditions.ts';
import type { NodeValues } from '../meaning/node-values.ts';
import { commonBounds } from './common-scores.ts';
import type { Side } from './head-sides.ts';
import { type GroupBounds, measureGroup } from './measure-group.ts';
import type { ScoreRule } from './pair-scores.ts';
import { groupConditions } from './score-groups.ts';

/** Products that a score has at most, and what they are scaled by. */
const SCORE_TERMS = 2 ** 24;

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
  return {
    low: low - blur,
    high: high + blur,
    spread: spread + 2 * blur,
    gap: gap - 2 * blur,
    others: Number.isFinite(others) ? others + common.high + blur : others,
  };
}
