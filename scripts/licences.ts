/** The licences of what was bundled, as they have to stand beside it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { packagePath } from '../src/cli/files/package-path.ts';

/** The licence of every package of which something was bundled. */
export function licences(metafiles: readonly (Metafile | undefined)[]): string {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile?.inputs ?? {}));
  const packages = new Set(inputs.flatMap((path) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  return [...packages].sort().map(licenceOf).join('\n\n');
}

function licenceOf(name: string): string {
  const manifest = packagePath('node_modules', name, 'package.json');
  const { version, license } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string; license: string };
  const file = readdirSync(dirname(manifest)).find((each) => /^licen[cs]e/i.test(each));
  const path = file === undefined ? null : join(dirname(manifest), file);
  const text = path !== null && existsSync(path) ? readFileSync(path, 'utf8').trim() : 'The package carries no text of its licence.';
  return `${name} ${version} (${license})\n\n${text}`;
}
