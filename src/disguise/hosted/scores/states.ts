/** What queries and keys of a compiled head there are: few, whatever the input. */
import { type Rows, rowOf } from '../rows.ts';

/** Beyond so many different queries or keys there is no table of them. */
export const MOST_STATES = 96;

/** Rows that hold the same numbers, but for roundings, are one state: of each row its state, and of each state the first row. */
export function statesOf(rows: Rows): { readonly of: readonly number[]; readonly first: readonly number[] } {
  const known = new Map<string, number>();
  const first: number[] = [];
  const most = rows.data.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0) || 1;
  const of = Array.from({ length: rows.count }, (_, row) => {
    const name = Array.from(rowOf(rows, row), (x) => Math.round((x / most) * 1e5)).join();
    const state = known.get(name) ?? first.push(row) - 1;
    known.set(name, state);
    return state;
  });
  return { of, first };
}
