/** Where onnxruntime-node is installed for the suite: npm alone, without its install script, which fetches libraries for graphics cards. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const RELEASE = '1.30.0';

/** A folder from which the package can be imported. */
export function onnxruntimeFolder(): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'raspc', 'interop', `onnxruntime-${RELEASE}`);
  if (existsSync(join(folder, 'node_modules', 'onnxruntime-node', 'package.json'))) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `onnxruntime-node@${RELEASE}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return folder;
}
