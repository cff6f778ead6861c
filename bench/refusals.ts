/**
 * `npm run bench:refusals`: how long nasty programs take until they are compiled or refused, each in a process of its own. `-- --seed 7` draws other
 * numbers and families, `-- --only depth` takes those whose name contains it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { main } from '../src/cli/main.ts';
import { processIo } from '../src/cli/terminal/process-io.ts';
import { nastyPrograms } from './nasty/nasty-programs.ts';

/** The seconds of a processor that are aimed at for a refusal, and of a clock after which a program is given up. */
const AIM_S = 5;
const PATIENCE_S = 180;

const { values } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, only: { type: 'string', default: '' }, compile: { type: 'boolean', default: false } },
  strict: false,
});

if (values.compile) await compileOne(process.argv.slice(process.argv.indexOf('--compile') + 1));
else runAll(Number(values.seed), String(values.only));

/** Whatever it ends in, the seconds it took are the last line. */
async function compileOne(args: readonly string[]): Promise<void> {
  await main(['compile', ...args], processIo());
  console.log(`took ${(process.cpuUsage().user / 1e6).toFixed(1)}`);
}

function runAll(seed: number, only: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-refusals-'));
  let late = 0;
  try {
    for (const { name, target, text, options } of nastyPrograms(seed).filter((each) => each.name.includes(only))) {
      const file = join(folder, 'program.rasp');
      writeFileSync(file, text);
      const args = ['--compile', file, '--target', target, ...options, '-o', join(folder, 'model'), '--force'];
      const { stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...args], {
        encoding: 'utf8',
        timeout: PATIENCE_S * 1000,
      });
      const seconds = /^took (\S+)$/m.exec(stdout)?.[1] ?? null;
      const code = /error\[(R\d+)\]/.exec(stderr)?.[1] ?? (seconds === null ? `nothing after ${PATIENCE_S} s` : 'compiled');
      const isLate = code !== 'compiled' && (seconds === null || Number(seconds) > AIM_S);
      if (isLate) late++;
      console.log(`${(seconds ?? '').padStart(6)} s  ${code.padEnd(10)} ${isLate ? 'LATE ' : '     '}${name} on ${target}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${late} refusals took more than ${AIM_S} s of a processor`);
}
