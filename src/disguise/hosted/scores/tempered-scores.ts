/**
 * Scores of a compiled head range over hundreds of nats, of which softmax sees the last few. Here they are cut off below each query's best, and
 * taken apart into the smallest queries and keys that give them.
 */
import { floatAt } from '../../../tensor/number-at.ts';
import { emptyRows, type Rows, rowOf } from '../rows.ts';
import { eigenvectors } from './eigenvectors.ts';
import { MOST_STATES, statesOf } from './states.ts';

export interface Tempered {
  readonly queries: Rows;
  readonly keys: Rows;
}

/**
 * @param factor what products of the compiled queries and keys are multiplied by
 * @param contrast in nats: what lies further below a query's best counts as that
 * @param most dimensions that queries and keys may have
 * @returns queries and keys whose products are the scores; null where there are too many states or dimensions
 */
export function temperedScores(
  { queries, keys }: Tempered,
  lengths: readonly number[],
  { factor, contrast, most }: { readonly factor: number; readonly contrast: number; readonly most: number },
): Tempered | null {
  const [asked, offered] = [statesOf(queries), statesOf(keys)];
  const [rows, columns] = [asked.first.length, offered.first.length];
  if (Math.max(rows, columns) > MOST_STATES) return null;
  const best = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
  const score = (query: number, key: number) => {
    const [a, b] = [rowOf(queries, asked.first[query] as number), rowOf(keys, offered.first[key] as number)];
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += floatAt(a, i) * floatAt(b, i);
    return sum * factor;
  };
  const scores = Array.from({ length: rows }, (_, query) => Float64Array.from({ length: columns }, (__, key) => score(query, key)));
  let start = 0;
  for (const length of lengths) {
    for (let query = start; query < start + length; query++)
      for (let key = start; key <= query; key++) {
        const [q, k] = [asked.of[query] as number, offered.of[key] as number];
        best[q] = Math.max(floatAt(best, q), floatAt(scores[q] as Float64Array, k));
      }
    start += length;
  }
  for (const [query, row] of scores.entries()) {
    const cut = row.map((x) => Math.min(0, Math.max(x - floatAt(best, query), -contrast)));
    // what all keys have in common, a query does not notice
    const mean = cut.reduce((sum, x) => sum + x, 0) / columns;
    row.set(cut.map((x) => x - mean));
  }
  const gram = scores.map((a) => Float64Array.from(scores, (b) => a.reduce((sum, x, i) => sum + x * floatAt(b, i), 0)));
  const found = eigenvectors(gram).filter(({ value }, _, [first]) => value > 1e-9 * (first?.value ?? 0) && value > 0);
  if (found.length > most) return null;
  const [q, k] = [emptyRows(queries.count, found.length), emptyRows(keys.count, found.length)];
  for (const [i, { value, vector }] of found.entries()) {
    // σ is the root of the eigenvalue, and each side takes the root of that
    const root = value ** 0.25;
    const other = Float64Array.from({ length: columns }, (_, key) =>
      vector.reduce((sum, x, query) => sum + x * floatAt(scores[query] as Float64Array, key), 0),
    );
    for (let row = 0; row < q.count; row++) {
      q.data[row * q.width + i] = floatAt(vector, asked.of[row] as number) * root;
      k.data[row * k.width + i] = (floatAt(other, offered.of[row] as number) * root) / Math.sqrt(value);
    }
  }
  return { queries: q, keys: k };
}
