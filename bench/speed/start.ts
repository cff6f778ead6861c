/** How much processor time the command takes to start, beside a process of Node's that does nothing: in turn, so that both see the same machine. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { packagePath } from '../../src/cli/files/package-path.ts';
import type { BenchTable } from './bench-table.ts';

const TIMES = 5;
/** Processes that are measured together: what the shell tells is in hundredths of a second. */
const TOGETHER = 5;

/** Milliseconds of processor time, user and system, of a process, in the mean of a few: Node has no `wait4`, so the shell's `times` tells. */
function processorMilliseconds(argv: readonly string[]): number {
  const script = `for i in ${Array.from({ length: TOGETHER }, (_, i) => i).join(' ')}; do "$@" >/dev/null 2>&1; done; times`;
  const { stdout } = spawnSync('sh', ['-c', script, 'sh', process.execPath, ...argv], { encoding: 'utf8' });
  // the second line is that of children: `0m0.048s 0m0.004s`
  const children = stdout.trim().split('\n')[1] ?? '';
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest));
  return (seconds.reduce((sum, each) => sum + each, 0) * 1000) / TOGETHER;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

export function measureStart(): BenchTable {
  const bin = packagePath('bin', 'raspc.js');
  const hist = packagePath('programs', 'hist.rasp');
  const folder = mkdtempSync(join(tmpdir(), 'raspc-start-'));
  const commands: readonly (readonly [name: string, argv: readonly string[]])[] = [
    ['node -e 0', ['-e', '0']],
    ['raspc --version', [bin, '--version']],
    ['raspc check programs/hist.rasp', [bin, 'check', hist]],
    ['raspc run programs/hist.rasp --input hello', [bin, 'run', hist, '--input', 'hello']],
    ['raspc compile programs/hist.rasp', [bin, 'compile', hist, '--force', '-o', join(folder, 'hist')]],
  ];
  const times = commands.map((): number[] => []);
  for (let round = 0; round < TIMES; round++) {
    for (const [index, [, argv]] of commands.entries()) times[index]?.push(processorMilliseconds(argv));
  }
  rmSync(folder, { recursive: true, force: true });
  const least = median(times[0] ?? []);
  return {
    name: 'Cold start (processor time)',
    columns: ['command', 'ms', 'times node -e 0'],
    rows: commands.map(([name], index) => {
      const own = median(times[index] ?? []);
      return [name, Math.round(own), Math.round((own / least) * 100) / 100];
    }),
  };
}
