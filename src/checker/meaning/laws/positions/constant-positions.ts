/** What depends on positions alone is the same at each position of the longest input; in a causal program, then of every input. */
import { evaluate } from '../../../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../../graph/evaluate/sequence.ts';
import { reachable } from '../../../../graph/graph.ts';
import { type Value, valueKey } from '../../../../graph/value.ts';
import type { CheckedLaw } from '../law.ts';

export const constantPositions: CheckedLaw = {
  name: 'constant-positions',
  sops({ causal, context, values }, original, claimed) {
    if (!causal || reachable([original]).some(({ kind }) => kind === 'tokens')) return false;
    const held = values.byPosition(claimed);
    if (held === null) return false;
    const input = new Array<Value>(context).fill(0n);
    const wanted = (evaluate([original], input, { causal }).get(original) as Sequence).values;
    return wanted.every((value, i) => held[i] !== undefined && valueKey(held[i]) === valueKey(value));
  },
};
