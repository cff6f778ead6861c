/** Builds what bin runs, for the tests that run the command as people do; what is built and newer than every source stays as it is. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const SOURCES = [
  'src',
  'grammar',
  'bench',
  'scripts',
  'programs',
  'playground',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

/** When a file, or anything in a folder, was last written: a file that is taken away changes its folder. */
function written(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => written(join(path, name))));
}

export async function build(): Promise<void> {
  // what a build writes last
  const built = join(root, 'dist', 'bundle', 'LICENSES.txt');
  if (existsSync(built) && SOURCES.every((source) => written(join(root, source)) < statSync(built).mtimeMs)) return;
  await promisify(execFile)('npm', ['run', '--silent', 'build'], { cwd: root });
}
