/** Where no token is asked for, an input of each length shows all that there is to be seen: two s-ops that agree on those are one. */
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { reachable } from '../../../../graph/graph.ts';
import { type Value, valueKey } from '../../../../graph/value.ts';
import { attempt } from '../../combinations.ts';
import { LONGEST } from '../../selection-facts.ts';
import type { CheckedLaw } from '../law.ts';

export const knownByLength: CheckedLaw = {
  name: 'known-by-length',
  sops({ causal, context }, original, claimed) {
    if (causal || context > LONGEST || original.kind === 'elementwise') return false;
    if (reachable([original, claimed]).some(({ kind }) => kind === 'tokens')) return false;
    for (let length = 1; length <= context; length++) {
      const input = new Array<Value>(length).fill(0n);
      const found = attempt(() => {
        const results = evaluate([original, claimed], input, { causal });
        return [original, claimed].map((node) => (results.get(node) as Sequence).values.map(valueKey));
      });
      const [wanted, said] = found ?? [];
      if (wanted === undefined || !wanted.every((key, i) => key === said?.[i])) return false;
    }
    return true;
  },
};
