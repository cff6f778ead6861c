/** How long the command takes to start: a process that prints the version, beside one that does nothing. */
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { packagePath } from '../src/cli/files/package-path.ts';
import type { BenchTable } from './main.ts';
import { medianMilliseconds, rounded } from './median.ts';

const TIMES = 15;

export function measureStart(): BenchTable {
  const bin = packagePath('bin', 'raspc.js');
  const run = (...args: string[]) => rounded(medianMilliseconds(TIMES, () => void execFileSync(process.execPath, args)));
  return {
    name: 'Cold start',
    columns: ['command', 'ms'],
    rows: [
      ['node -e 0', run('-e', '0')],
      ['raspc --version', run(bin, '--version')],
      ['raspc run programs/hist.rasp --input hello', run(bin, 'run', packagePath('programs', 'hist.rasp'), '--input', 'hello')],
    ],
  };
}
