/** Evaluates `sum_over`, `max_over` and `min_over`: one number made of the selected ones. */
import type { Reduction, ReductionOperator } from '../graph.ts';
import type { Value } from '../value.ts';
import type { SelectorMatrix } from './selector-matrix.ts';
import type { Sequence } from './sequence.ts';
import { applyBinary, compareValues } from './values/python-arithmetic.ts';

/** Sums run from left to right as Python's do, from the int 0; of equal extremes the first counts. */
const REDUCE: Readonly<Record<ReductionOperator, (selected: readonly Value[]) => Value>> = {
  sum: (selected) => selected.reduce((sum, value) => applyBinary('+', sum, value), 0n),
  max: (selected) => selected.reduce((best, value) => (compareValues('>', value, best) ? value : best)),
  min: (selected) => selected.reduce((best, value) => (compareValues('<', value, best) ? value : best)),
};

/** The values are numbers. */
export function evaluateReduction({ operator, default: otherwise }: Reduction, selector: SelectorMatrix, { values }: Sequence): Value[] {
  const keys = new Int32Array(values.length);
  return values.map((_, query) => {
    const selected = Array.from(keys.subarray(0, selector.keysOf(query, keys)), (key) => values[key] ?? 0n);
    return selected.length === 0 ? otherwise : REDUCE[operator](selected);
  });
}
