/**
 * `npm run bench:verify-time -- --before DIR`: the processor time of `raspc verify` on each example program, with the build in DIR (a checkout
 * of an earlier revision) and with this one, in turn, each on the folder that it compiled itself. The table goes into docs/results/verify-time.md.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { markdownTable, withPart } from '../scripts/documents/page-part.ts';
import { packagePath } from '../src/cli/files/package-path.ts';
import { examplePrograms } from './programs.ts';

const PAGE = 'docs/results/verify-time.md';
/** What a command says at its end: microseconds. */
const REPORT = `data:text/javascript,${encodeURIComponent(`import { writeSync } from 'node:fs';
process.on('exit', () => { const { user, system } = process.cpuUsage(); writeSync(2, '\\nprocessor ' + (user + system) + '\\n'); });`)}`;
/** Of so many runs the quickest counts. */
const RUNS = 2;

const { values } = parseArgs({ options: { before: { type: 'string' }, program: { type: 'string' } } });
if (values.before === undefined) throw new Error('--before names the folder of another build');
const builds = [resolve(values.before), packagePath()];
const folder = mkdtempSync(join(tmpdir(), 'raspc-verify-time-'));
const rows: (readonly [program: string, before: number, after: number])[] = [];
try {
  for (const { path, text } of examplePrograms()) {
    const program = basename(path, '.rasp');
    if (values.program !== undefined && values.program !== program) continue;
    const target = text.includes('@bidirectional') ? 'bert' : 'gpt2';
    const [before, after] = builds.map((build, i) => {
      const model = join(folder, `${i}`);
      run(build, ['compile', packagePath('programs', `${program}.rasp`), '--target', target, '-o', model, '--force']);
      return Math.min(...Array.from({ length: RUNS }, () => run(build, ['verify', model])));
    }) as [number, number];
    rows.push([program, before, after]);
    console.log(`${program}: ${before.toFixed(2)} s, ${after.toFixed(2)} s`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

const total = (at: 1 | 2) => rows.reduce((sum, row) => sum + row[at], 0);
const shown = [...rows, ['**all**', total(1), total(2)] as const].map(([program, before, after]) => [
  program.startsWith('*') ? program : `\`${program}\``,
  before.toFixed(2),
  after.toFixed(2),
  (after / before).toFixed(2),
]);
const table = markdownTable(['program', 'before, s', 'now, s', 'now / before'], shown, 1);
const page = packagePath(PAGE);
if (values.program === undefined)
  writeFileSync(page, withPart(readFileSync(page, 'utf8'), { name: 'verify-time', command: 'bench:verify-time' }, table));

/** Seconds of processor that a command took, all its threads. */
function run(build: string, args: readonly string[]): number {
  const { status, stderr } = spawnSync(process.execPath, ['--import', REPORT, join(build, 'bin', 'raspc.js'), ...args], {
    encoding: 'utf8',
  });
  const told = /^processor (\d+)$/m.exec(stderr);
  if (status !== 0 || told === null) throw new Error(`raspc ${args.join(' ')} of ${build}: ${stderr}`);
  return Number(told[1]) / 1e6;
}
