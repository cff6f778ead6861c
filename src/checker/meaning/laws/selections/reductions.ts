/**
 * The sum over selected positions is Σ weight · |the selected whose value is in a set|, where each value is the sum of the weights of the
 * sets that it is in. The largest of selected values is told by how many thresholds something selected reaches: x is the largest where
 * exactly the values up to x are reached; none is, where nothing is selected. Of at most one it is that one.
 */
import { applyBinary } from '../../../../graph/evaluate/values/python-arithmetic.ts';
import type { Reduction, SOp } from '../../../../graph/graph.ts';
import { distinctNumbers, extremeByThresholds, type SumPiece, sumOfWidths, sumPieces } from '../../../../graph/reductions.ts';
import { type Value, valuesEqual } from '../../../../graph/value.ts';
import type { CheckedLaw, Proof } from '../law.ts';

export const reductions: CheckedLaw = {
  name: 'reductions',
  sops({ graph, meant, proves }, original, claimed) {
    if (original.kind !== 'reduction') return false;
    const all = meant.of(original.value);
    if (all === null || all.some((value) => typeof value === 'string')) return false;
    const values = distinctNumbers(all);
    if (original.operator !== 'sum') {
      const { selector, value, default: otherwise } = original;
      if (meant.isSingle(selector) && proves(graph.aggregate(selector, value, otherwise), claimed)) return true;
      const forms = meant.isNonempty(original.selector) ? [true, false] : [false];
      return forms.some((nonempty) => proves(extremeByThresholds(graph, original, values, nonempty), claimed));
    }
    const sum = sumAsWidths({ graph, meant }, original);
    return sum !== null && proves(sum, claimed);
  },
};

/** A sum over selected positions as a sum of widths; null where its values are no numbers, or not known. */
export function sumAsWidths({ graph, meant }: Pick<Proof, 'graph' | 'meant'>, node: Reduction): SOp | null {
  const all = meant.of(node.value);
  if (node.operator !== 'sum' || all === null || all.some((value) => typeof value === 'string')) return null;
  const values = distinctNumbers(all);
  const pieces = sumPieces(values);
  return values.every((value) => addsUp(pieces, value)) ? sumOfWidths(graph, node, pieces, values.length) : null;
}

function addsUp(pieces: readonly SumPiece[], value: Value): boolean {
  const own = pieces.filter(({ members }) => members.some((member) => valuesEqual(member, value)));
  const sum = own.reduce((total: Value, { weight }) => applyBinary('+', total, weight), 0n);
  return valuesEqual(sum, value);
}
