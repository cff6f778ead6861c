/** Hands a text to the user's editor, and takes back what became of it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from '../io.ts';

/** The editor has the terminal until it ends. Null where it fails, and nothing is to be taken from it. */
export function editText(text: string, { environment, stdin }: Io): string | null {
  const editor = environment.VISUAL || environment.EDITOR || 'vi';
  const folder = mkdtempSync(join(tmpdir(), 'raspc-edit-'));
  const path = join(folder, 'statement.rasp');
  const keys = stdin.stream as Partial<Pick<NodeJS.ReadStream, 'isRaw' | 'setRawMode'>>;
  const wasRaw = keys.isRaw === true;
  try {
    writeFileSync(path, `${text}\n`);
    if (wasRaw) keys.setRawMode?.(false);
    // By the shell, since `EDITOR` may have arguments: `code --wait`.
    const { status } = spawnSync('sh', ['-c', `${editor} "$1"`, 'sh', path], { stdio: 'inherit' });
    return status === 0 ? readFileSync(path, 'utf8').trimEnd() : null;
  } finally {
    if (wasRaw) keys.setRawMode?.(true);
    rmSync(folder, { recursive: true, force: true });
  }
}
