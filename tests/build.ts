/** Builds what bin runs, for the tests that run the command as people do. A build that is up to date takes a second or two. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

export async function build(): Promise<void> {
  const repository = resolve(import.meta.dirname, '..');
  await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { cwd: repository });
}
