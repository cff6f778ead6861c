/** Builds what bin runs, for the tests that run the command as people do. A build that is up to date takes two or three seconds. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

export async function build(): Promise<void> {
  await promisify(execFile)('npm', ['run', '--silent', 'build'], { cwd: resolve(import.meta.dirname, '..') });
}
