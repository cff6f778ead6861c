/** What changes a trained host: the least change that says something else, small scores, and heads whose rows are as long as they were. */
import { expect, test } from 'vitest';
import { turnHead } from '../../../src/disguise/hosted/edit/turn-head.ts';
import { leastChange } from '../../../src/disguise/hosted/least-change.ts';
import { emptyRows, type Rows, rowOf } from '../../../src/disguise/hosted/rows.ts';
import { temperedScores } from '../../../src/disguise/hosted/scores/tempered-scores.ts';
import { dot, drawVector, randomFor } from '../../../src/disguise/turn/draw-numbers.ts';

function rows(count: number, width: number, at: (row: number, column: number) => number): Rows {
  const result = emptyRows(count, width);
  for (let row = 0; row < count; row++) for (let i = 0; i < width; i++) result.data[row * width + i] = at(row, i);
  return result;
}

test.each([
  ['more rows than features', 9],
  ['fewer', 2],
])('the least change says what it should, and nothing at right angles to what it was told: %s', (_, count) => {
  // features 0 and 1 vary, 2 is always 0
  const features = rows(count, 3, (row, i) => (i === 2 ? 0 : i === 0 ? row + 1 : (row % 3) - 1));
  const wanted = rows(count, 1, (row) => 2 * (row + 1) - 3 * ((row % 3) - 1));
  const change = leastChange(features)(wanted);
  expect([...change.data].map((x) => Math.round(x * 100) / 100)).toEqual([2, -3, 0]);
});

test('scores are cut off below the best of each query, and what is left is as small as queries and keys can give it', () => {
  const length = 4;
  // the query at i looks for the key at i - 1, by scores that fall by hundreds
  const queries = rows(length, 3, (row, i) => [20 * (row - 1), -10, -10 * (row - 1) ** 2][i] as number);
  const keys = rows(length, 3, (row, i) => [row, row * row, 1][i] as number);
  const contrast = 5;
  const found = temperedScores({ queries, keys }, [length], { factor: 1, contrast, most: 4 });
  const score = (query: number, key: number) => dot(rowOf(found?.queries as Rows, query), rowOf(found?.keys as Rows, key));
  for (let query = 1; query < length; query++)
    for (let key = 0; key <= query; key++)
      expect(score(query, query - 1) - score(query, key)).toBeCloseTo(key === query - 1 ? 0 : contrast, 6);
  const size = (own: Rows) => Math.sqrt(dot(own.data, own.data));
  expect(size(found?.queries as Rows)).toBeLessThan(size(queries) / 10);
  expect(temperedScores({ queries, keys }, [length], { factor: 1, contrast, most: 1 })).toBeNull();
});

test('a turned head has the same scores, and rows about as long as they should be', () => {
  const random = randomFor('a head', 'weights');
  const [size, width] = [8, 12];
  const tensor = () => ({ shape: [size, width], data: drawVector(random, size * width) });
  const [query, key] = [tensor(), tensor()];
  // one loud row
  for (let i = 0; i < width; i++) query.data[i] = 5 * (query.data[i] as number);
  const lines = Array.from({ length: size }, (_, i) => i);
  const row = ({ data }: { readonly data: Float64Array }, i: number) => data.subarray(i * width, (i + 1) * width);
  const product = (a: number, b: number) => lines.reduce((sum, i) => sum + (row(query, i)[a] as number) * (row(key, i)[b] as number), 0);
  const before = [product(0, 0), product(3, 7)];
  const even = (own: { readonly data: Float64Array }) => lines.map(() => Math.sqrt(dot(own.data, own.data) / size));
  const wanted = even(query);
  turnHead(
    [
      { tensor: query, lines, width, lengths: wanted },
      { tensor: key, lines, width, lengths: even(key) },
    ],
    random,
  );
  expect(product(0, 0)).toBeCloseTo(before[0] as number, 9);
  expect(product(3, 7)).toBeCloseTo(before[1] as number, 9);
  for (const i of lines) expect(Math.sqrt(dot(row(query, i), row(query, i))) / (wanted[i] as number)).toBeCloseTo(1, 0);
});
