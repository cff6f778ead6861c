/** What depends on the position and the input's length alone, looked at for every input length. */
import { evaluate } from '../../graph/evaluate/evaluate.ts';
import type { Sequence } from '../../graph/evaluate/sequence.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { succeed, type Table, tabulate } from './tabulate.ts';

/** Beyond, inputs of every length are too many to be looked at. */
export const LONGEST_TRIED = 128;

/**
 * The s-op as a table over the position and the length.
 * @param variables the s-ops of position and length, in the order that the table shall have them
 * @returns null where the s-op fails on an input, or there are too many lengths
 */
export function tableByLength(node: SOp, variables: { readonly indices: SOp; readonly length: SOp }, context: number): Table | null {
  if (context > LONGEST_TRIED) return null;
  const rows: (readonly Value[])[] = [];
  for (let length = 1; length <= context; length++) {
    const found = succeed(() => evaluate([node], new Array<Value>(length).fill(0n), { causal: false }).get(node) as Sequence);
    if (found === undefined) return null;
    rows.push(found.values);
  }
  const { indices, length } = variables;
  const isFirst = indices.id < length.id;
  const order = isFirst ? [indices, length] : [length, indices];
  return tabulate(order, [context, context], (_, digits) => {
    const [index, row] = isFirst ? digits : [digits[1], digits[0]];
    return rows[row as number]?.[index as number] ?? null;
  });
}
