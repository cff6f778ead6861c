/** How fast source text becomes syntax: all example programs over and over, to some 20,000 lines. */
import { sourceFile } from '../../src/source/source-file.ts';
import { parseSource } from '../../src/syntax/parse.ts';
import { examplePrograms } from '../programs.ts';
import type { BenchTable } from './bench-table.ts';
import { medianMilliseconds, rounded } from './median.ts';

const LINES = 20_000;

export function measureParsing(): BenchTable {
  const once = examplePrograms()
    .map(({ text }) => text)
    .join('\n');
  const text = once.repeat(Math.ceil(LINES / once.split('\n').length));
  const file = sourceFile('bench.rasp', text);
  parseSource(sourceFile('warm-up.rasp', once));
  const ms = medianMilliseconds(5, () => void parseSource(file));
  const lines = file.lineStarts.length;
  return {
    name: 'Parsing',
    columns: ['lines', 'ms', 'lines/s', 'MB/s'],
    rows: [[lines, rounded(ms), Math.round((lines / ms) * 1000), rounded(text.length / ms / 1000)]],
  };
}
