/** Tables of n-grams: counted by hand, the same whatever the ids are, and as programs that say what was counted. */
import { describe, expect, test } from 'vitest';
import { loadProgram } from '../../../src/graph/elaborate/load-program.ts';
import { checkExamples } from '../../../src/graph/evaluate/check-examples.ts';
import { evaluate } from '../../../src/graph/evaluate/evaluate.ts';
import type { Sequence } from '../../../src/graph/evaluate/sequence.ts';
import { type NgramOptions, ngramProgram, ngramTable } from '../../../src/library/ngram-table.ts';
import { sourceFile } from '../../../src/source/source-file.ts';

const TEXT = ['a', ' b', ' c', 'a', ' b', ' d', 'a', ' b', ' c', '"', 'a', '"', 'a', '<s>', 'a', '<s>', ' b'];

function tableOf(texts: readonly string[], options: NgramOptions) {
  const known = [...new Set(texts)];
  return ngramTable(
    texts.map((text) => known.indexOf(text)),
    known,
    new Set([known.indexOf('<s>')]),
    options,
  );
}

const TWO = { order: 2, most: 10, least: 2 } as const;
const THREE = { order: 3, most: 10, least: 2 } as const;

describe('counts', () => {
  test('what follows a token most often, and how often', () => {
    const { entries, contexts, unnamed, positions, told, right } = tableOf(TEXT, TWO);
    expect(entries).toEqual([
      { before: ['a'], next: ' b', count: 3, of: 6 },
      { before: [' b'], next: ' c', count: 2, of: 3 },
    ]);
    // a quote cannot be written, and is followed by "a" twice
    expect([contexts, unnamed, positions, told, right]).toEqual([3, 1, 16, 9, 5]);
  });

  test('two tokens of context', () => {
    expect(tableOf(TEXT, THREE).entries).toEqual([{ before: ['a', ' b'], next: ' c', count: 2, of: 3 }]);
  });

  test('ties go by text, so ids do not matter', () => {
    const tie = ['x', 'b', 'x', 'a', 'x', 'b', 'x', 'a', 'y'];
    const ordered = (known: readonly string[]) =>
      ngramTable(
        tie.map((text) => known.indexOf(text)),
        known,
        new Set(),
        TWO,
      ).entries;
    expect(ordered(['x', 'b', 'a', 'y'])).toEqual(ordered(['y', 'a', 'b', 'x']));
    expect(ordered(['x', 'b', 'a', 'y']).find(({ before }) => before[0] === 'x')?.next).toBe('a');
  });
});

describe('programs', () => {
  test.each([TWO, THREE])('say what was counted, with $order tokens an entry', (options) => {
    const table = tableOf(TEXT, options);
    const text = ngramProgram(table, options, '`text`');
    expect(ngramProgram(tableOf(TEXT, options), options, '`text`')).toBe(text);
    const program = loadProgram({ file: sourceFile('ngrams.rasp', text), loader: () => null });
    expect(program.examples.length).toBeGreaterThan(0);
    expect(checkExamples(program)).toEqual([]);
    const node = program.exports[0]?.node as never;
    const said = (evaluate([node], TEXT, { causal: true }).get(node) as Sequence).values;
    const next = said.slice(options.order - 2, -1);
    expect(next.filter((value) => value !== '').length).toBe(table.told);
    expect(next.filter((value, i) => value === TEXT[i + options.order - 1]).length).toBe(table.right);
  });
});
