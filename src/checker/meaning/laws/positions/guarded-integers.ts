/** Of two numbers that ask for no token an input of each length shows whether they are always equal; a selector compares with either alike. */
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { reachable } from '../../../../graph/graph.ts';
import { type Value, valuesEqual } from '../../../../graph/value.ts';
import { attempt } from '../../combinations.ts';
import { LONGEST } from '../../selection-facts.ts';
import type { CheckedLaw } from '../law.ts';

export const guardedIntegers: CheckedLaw = {
  name: 'guarded-integers',
  selectors({ causal, context, claimsSeeAll, proves }, original, claimed) {
    if (original.kind !== 'select' || claimed.kind !== 'select' || original.operator !== claimed.operator) return false;
    const queries = [original.queries, claimed.queries];
    const isHidden = causal && !claimsSeeAll;
    if (!isHidden && context > LONGEST) return false;
    if (reachable(queries).some(({ kind }) => kind === 'tokens')) return false;
    const lengths = isHidden ? [context] : Array.from({ length: context }, (_, i) => i + 1);
    const areEqual = lengths.every((length) => {
      const input = new Array<Value>(length).fill(0n);
      const found = attempt(() => {
        const sees = [causal, isHidden];
        return queries.map((node, i) => (evaluate([node], input, { causal: sees[i] ?? false }).get(node) as Sequence).values);
      });
      const [wanted, said] = found ?? [];
      return wanted?.every((value, i) => valuesEqual(value, said?.[i] ?? 'nothing')) ?? false;
    });
    return areEqual && proves(original.keys, claimed.keys);
  },
};
