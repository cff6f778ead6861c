/** Two selectors that ask for no token, and find one position at most, are one where they find the same in an input of each length. */
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { reachable } from '../../../../graph/graph.ts';
import { type Value, valuesEqual } from '../../../../graph/value.ts';
import { attempt } from '../../combinations.ts';
import { LONGEST } from '../../selection-facts.ts';
import type { CheckedLaw } from '../law.ts';

export const onePosition: CheckedLaw = {
  name: 'one-position',
  selectors({ graph, causal, context }, original, claimed) {
    if (causal || context > LONGEST || claimed.kind !== 'select') return false;
    if (reachable([original, claimed]).some(({ kind }) => kind === 'tokens')) return false;
    const both = [original, claimed];
    const widths = both.map((selector) => graph.width(selector));
    const places = both.map((selector) => graph.aggregate(selector, graph.indices(), -1n));
    for (let length = 1; length <= context; length++) {
      const found = attempt(() => evaluate([...widths, ...places], new Array<Value>(length).fill(0n), { causal }));
      const [counts = [], claimedCounts = [], own = [], other = []] = [...widths, ...places].map(
        (node) => (found?.get(node) as Sequence | undefined)?.values ?? [],
      );
      const isOne = (count: Value) => Number(count) <= 1;
      if (found === undefined || ![...counts, ...claimedCounts].every(isOne)) return false;
      if (!own.every((place, i) => valuesEqual(place, other[i] ?? 'nowhere'))) return false;
    }
    return true;
  },
};
