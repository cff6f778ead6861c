/**
 * `npm run bench`: how long things take and how large they get, as tables; `npm run bench -- --json FILE` writes the same as data.
 * Times are medians. Numbers of different machines are not comparable, sizes are.
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { textTable } from '../src/cli/terminal/text/text-table.ts';
import type { BenchTable } from './speed/bench-table.ts';
import { measureCompiling } from './speed/compiling.ts';
import { measureDecoding } from './speed/decoding.ts';
import { measureEditing } from './speed/editing.ts';
import { measureParsing } from './speed/parsing.ts';
import { measureSeeding } from './speed/seeding.ts';
import { measureStart } from './speed/start.ts';
import { measureVerifying } from './speed/verifying.ts';

const MEASUREMENTS: readonly (() => Promise<BenchTable> | BenchTable)[] = [
  measureStart,
  measureParsing,
  measureEditing,
  measureCompiling,
  measureVerifying,
  measureDecoding,
  measureSeeding,
];

const options = process.argv.slice(2);
const tables: BenchTable[] = [];
// `--only measureDecoding` takes one of them
const only = options.includes('--only') ? options[options.indexOf('--only') + 1] : undefined;
for (const measure of MEASUREMENTS) if (only === undefined || measure.name === only) show(await measure());

function show(table: BenchTable): void {
  tables.push(table);
  console.log(`\n${table.name}`);
  const rows = [
    table.columns,
    ...table.rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell))),
  ];
  for (const line of textTable(rows)) console.log(`  ${line}`);
}

const file = options[options.indexOf('--json') + 1];
if (options.includes('--json') && file !== undefined) {
  const { node, v8 } = process.versions;
  writeFileSync(file, `${JSON.stringify({ node, v8, platform: process.platform, arch: process.arch, tables }, null, 2)}\n`);
}
