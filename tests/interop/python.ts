/** Runs the suite's Python scripts with the interpreter that `scripts/interop-setup.sh` finds or installs. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';

const SETUP = resolve(import.meta.dirname, '../../scripts/interop-setup.sh');

/** Vitest's global setup: one interpreter for all files. Without one the suite fails, and the setup has said why. */
export default function findPython(): void {
  process.env.RASPC_PYTHON = execFileSync(SETUP, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

/** Runs a script of this folder. */
export function python(script: string, ...values: readonly string[]): void {
  run(script, values, null);
}

function run(script: string, values: readonly string[], packages: string | null): void {
  const interpreter = process.env.RASPC_PYTHON as string;
  const env = packages === null ? process.env : { ...process.env, PYTHONPATH: packages };
  execFileSync(interpreter, [resolve(import.meta.dirname, script), ...values], { stdio: ['ignore', 'ignore', 'pipe'], env });
}

/**
 * Runs a script that takes a job and gives a result, both JSON text.
 *
 * @param packages a folder of further packages for it
 */
export function pythonJob(script: string, job: string, packages: string | null = null): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-job-'));
  try {
    const [jobFile, resultFile] = [join(folder, 'job.json'), join(folder, 'result.json')];
    writeFileSync(jobFile, job);
    run(script, [jobFile, resultFile], packages);
    return JSON.parse(readFileSync(resultFile, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
