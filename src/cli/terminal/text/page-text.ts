/** Shows a text at a terminal: one that is longer than the screen by the user's pager. */
import { spawnSync } from 'node:child_process';
import type { Io } from '../io.ts';

/** Where a terminal does not say how high it is. */
const USUAL_ROWS = 24;

/** The pager has the terminal until it ends; where there is none, or it fails, all of the text is written at once. */
export function pageText(text: string, { environment, stdin, stdout }: Io): void {
  const rows = (stdout.stream as Partial<Pick<NodeJS.WriteStream, 'rows'>>).rows ?? USUAL_ROWS;
  if (!stdout.isTerminal || text.split('\n').length <= rows || !byPager(text, environment, stdin)) stdout.write(text);
}

function byPager(text: string, environment: Io['environment'], { stream }: Io['stdin']): boolean {
  const pager = environment.PAGER ?? 'less';
  // an empty one is how it is turned off
  if (pager === '') return false;
  const keys = stream as Partial<Pick<NodeJS.ReadStream, 'isRaw' | 'setRawMode'>>;
  const wasRaw = keys.isRaw === true;
  try {
    if (wasRaw) keys.setRawMode?.(false);
    // By the shell, since `PAGER` may have arguments. `less` leaves what it showed on the screen, and keeps colours.
    const { status } = spawnSync('sh', ['-c', pager], {
      input: text,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { LESS: 'FRX', ...environment },
    });
    return status === 0;
  } finally {
    if (wasRaw) keys.setRawMode?.(true);
  }
}
