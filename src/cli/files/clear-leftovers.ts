/** What writes that were killed left beside their targets: half a folder or file, or an old one that was about to be replaced. */
import type * as nodeFs from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** `.NAME.raspc-new-PID` of a file, `.NAME.raspc-new-PID-N` and `.NAME.raspc-old-PID-N` of a folder. */
const LEFTOVER = /^\.(.+)\.raspc-(new|old)-(\d+)(?:-\d+)?$/;

/** Removes what is new and unfinished, and puts an old folder back where nothing took its place; whoever is still at work keeps what is theirs. */
export function clearLeftovers(fs: Pick<typeof nodeFs, 'existsSync' | 'readdirSync' | 'renameSync' | 'rmSync'>, folder: string): void {
  if (!fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder)) {
    const [, name, kind, writer] = LEFTOVER.exec(entry) ?? [];
    if (name === undefined || isRunning(Number(writer))) continue;
    const left = join(folder, entry);
    const target = join(folder, name);
    if (kind === 'old' && !fs.existsSync(target)) fs.renameSync(left, target);
    else fs.rmSync(left, { recursive: true, force: true });
  }
}

function isRunning(writer: number): boolean {
  if (writer === process.pid) return true;
  try {
    return process.kill(writer, 0);
  } catch (fault) {
    // someone else's process is one that runs
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
}
