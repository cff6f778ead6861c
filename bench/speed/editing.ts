/**
 * How long a language server takes to say what is wrong with a file while it is typed: a program of 300 lines with directives, of which a
 * character is typed or taken back again and again, in processor time. An editor waits 80 ms longer, until the last key.
 */
import process from 'node:process';
import { type Analysis, analyse } from '../../src/language/analysis.ts';
import type { BenchTable } from './bench-table.ts';
import { rounded } from './median.ts';

const LINES = 300;
const EDITS = 200;
/** Edits before which nothing is measured. */
const WARM_UP = 40;

export function measureEditing(): BenchTable {
  const lines = programText().split('\n');
  let analysis: Analysis | null = null;
  const spent: number[] = [];
  for (let edit = 0; edit < WARM_UP + EDITS; edit++) {
    // half of the texts are whole, and half have a statement in the middle of being typed
    const at = (17 * edit) % lines.length;
    const text = lines.map((line, i) => (i === at && edit % 2 === 1 ? `${line} x` : line)).join('\n');
    const start = process.cpuUsage();
    analysis = analyse('bench.rasp', text, () => null, analysis);
    const { user, system } = process.cpuUsage(start);
    if (edit >= WARM_UP) spent.push((user + system) / 1000);
  }
  spent.sort((a, b) => a - b);
  const part = (share: number) => rounded(spent[Math.floor(share * (spent.length - 1))] as number);
  return {
    name: 'Diagnostics while one types, processor time of one analysis',
    columns: ['lines', 'edits', 'median ms', 'p95 ms', 'worst ms'],
    rows: [[lines.length, EDITS, part(0.5), part(0.95), part(1)]],
  };
}

/** Blocks of s-ops and functions, each over the one before. */
function programText(): string {
  const blocks = Array.from({ length: Math.ceil(LINES / 9) }, (_, i) => {
    const source = i % 4 === 0 ? 'tokens' : `said_${i - 1}`;
    return `# block ${i}
before_${i} = aggregate(select(indices, indices - ${1 + (i % 5)}, ==), ${source}, "a");
count_${i} = selector_width(select(tokens, before_${i}, ==));
def choose_${i}(x, y) {
  both = x and y;
  return "a" if both else "b";
}
said_${i} = choose_${i}(count_${i} > ${i % 3}, before_${i} == "b");
`;
  });
  const last = blocks.length - 1;
  return `@vocab "abc";\n@context 8;\n@causal;\n${blocks.join('\n')}@export said_${last};\n`;
}
