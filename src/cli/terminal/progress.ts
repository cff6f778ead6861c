/** A line that says how far a long task is: on a terminal only, and only once the task has taken a second. */
import type { Io } from './io.ts';

export interface Progress {
  /** `done` of `total`, or of nobody knows how many; `left`: seconds, where they are known otherwise. Cheap enough to call in a loop. */
  update(done: number, total: number | null, left?: number | null): void;
  /** What is about to be done, where it cannot be counted. */
  at(what: string): void;
  /** Takes the line away. */
  finish(): void;
}

const FIRST_AFTER = 1000;
const EVERY = 100;

export const SILENT_PROGRESS: Progress = { update: () => {}, at: () => {}, finish: () => {} };

export function terminalProgress(label: string, io: Io): Progress {
  const start = io.now();
  let shownAt = start + FIRST_AFTER - EVERY;
  let shown = false;
  const show = (parts: readonly string[]) => {
    shown = true;
    io.stderr.write(`\r\x1b[K${parts.join('  ').slice(0, io.stderr.columns - 1)}`);
  };
  return {
    update(done, total, known = null) {
      const now = io.now();
      if (now - shownAt < EVERY) return;
      shownAt = now;
      const seconds = (now - start) / 1000;
      const left = known ?? (total !== null && done > 0 ? (seconds * (total - done)) / done : null);
      const parts = [
        label,
        total === null ? `${done}` : `${done} of ${total} (${Math.floor((100 * done) / Math.max(total, 1))}%)`,
        `${Math.round(done / seconds)}/s`,
        ...(left === null ? [] : [`${formatSeconds(Math.max(0, left))} left`]),
      ];
      show(parts);
    },
    at(what) {
      const now = io.now();
      // Not held back by what was shown a moment ago: what comes now may take long.
      if (now - start >= FIRST_AFTER) show([label, `${Math.floor((now - start) / 1000)} s`, what]);
    },
    finish() {
      if (shown) io.stderr.write('\r\x1b[K');
    },
  };
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
