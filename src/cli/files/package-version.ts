/** The version of raspc, as package.json has it. */
import { readFileSync } from 'node:fs';
import { packagePath } from './package-path.ts';

export function packageVersion(): string {
  return (JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string }).version;
}
