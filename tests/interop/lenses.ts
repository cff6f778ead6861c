/** Where TransformerLens and nnsight are installed for the suite: wheels without their lists of dependencies, for the suite's own torch. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const LENSES = ['transformer-lens==4.3.0', 'nnsight==0.8.1'];
/** What the two import and the suite's Python lacks; `datasets` and what trains or draws is left out. */
const NEEDED = [
  'accelerate==1.15.0',
  'annotated-types==0.8.0',
  'beartype==0.23.1',
  'cloudpickle==3.1.3',
  'einops==0.8.2',
  'fancy-einsum==0.0.3',
  'greenlet==3.5.6',
  'jaxtyping==0.3.11',
  'pandas==3.1.1',
  'pydantic==2.14.4',
  'pydantic-core==2.50.5',
  'typeguard==4.6.1',
  'typing-inspection==0.4.5',
  'wadler-lindig==0.1.8',
  'websocket-client==1.9.2',
  'zstandard==0.25.0',
];

/** A folder for Python's path, installed in about 15 seconds (110 MB); null where the registry cannot be had. */
export function lensesFolder(): string | null {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'raspc', 'interop');
  const folder = join(cache, `lenses-${LENSES.map((each) => each.split('==')[1]).join('-')}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.new-${process.pid}`;
  mkdirSync(cache, { recursive: true });
  const version = execFileSync(process.env.RASPC_PYTHON as string, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], {
    encoding: 'utf8',
  }).trim();
  const fitting = ['--no-deps', '--only-binary=:all:', '--python-version', version, '--target', fresh];
  try {
    execFileSync('python3', ['-m', 'pip', 'install', '--quiet', ...fitting, ...LENSES, ...NEEDED], { stdio: 'ignore', timeout: 300_000 });
    renameSync(fresh, folder);
  } catch {
    rmSync(fresh, { recursive: true, force: true });
  }
  return existsSync(folder) ? folder : null;
}
