/** Two functions of the same s-ops are equal where their tables are. */

import { type Value, valueKey } from '../../../graph/value.ts';
import { numberAt } from '../../../tensor/number-at.ts';
import { Unproven } from '../../claim/unproven.ts';
import { variablesBelow } from '../combinations.ts';
import type { CheckedLaw } from './law.ts';

const MOST_SHARED = 4;

export const sameTable: CheckedLaw = {
  name: 'same-table',
  sops({ values, needsMask }, original, claimed) {
    if ((original.kind !== 'elementwise' && claimed.kind !== 'elementwise') || needsMask(original)) return false;
    const below = new Set(variablesBelow([original], new Set()));
    const claimedBelow = variablesBelow([claimed], new Set());
    if (!claimedBelow.every((node) => below.has(node)) || below.size > MOST_SHARED) return false;
    try {
      const { count, column } = values.combinations([...below, original, claimed]);
      const [a, b] = [values.valuesOf(original), values.valuesOf(claimed)];
      const [left, right] = [column(original), column(claimed)];
      for (let at = 0; at < count; at++) {
        if (valueKey(a[numberAt(left, at)] as Value) !== valueKey(b[numberAt(right, at)] as Value)) return false;
      }
      return true;
    } catch (error) {
      if (error instanceof Unproven) return false;
      throw error;
    }
  },
};
