/** Builds before the tests: some of them run the command as people do, from bin. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

export default function buildOnce(): void {
  const repository = resolve(import.meta.dirname, '..');
  const compiler = resolve(repository, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: repository, stdio: 'inherit' });
}
