/** The tables of docs/results/windows.md: what seeds do in windows that begin anywhere, from what `npm run bench:windows` measured. */
import { markdownTable, withPart } from './page-part.ts';

export const WINDOWS_FILE = 'bench/windows.json';
export const WINDOWS_PAGE = 'docs/results/windows.md';

/** One kind of window, in nats and shares. */
export interface InWindow {
  /** Loss beyond the twin's where the program has no answer; in a window of one token how far the entropies of what follows are apart. */
  readonly more: number;
  /** The standard error of that mean over the targets that were looked at; absent where a run did not keep it. */
  readonly error?: number;
  /** Loss beyond the twin's over all targets; null for one token. */
  readonly all: number | null;
  /** The least share of copied tokens that are right in any document of the window; null where nothing has to be copied. */
  readonly copied: number | null;
  readonly copies: number;
}

export type Windows = Readonly<Record<string, InWindow>>;

/** What one shape does on both kinds of tokens. */
export interface WindowsCell {
  readonly shape: string;
  readonly cut: string;
  readonly random: Windows;
  readonly text: Windows;
}

/** What is asked for: at most this many nats beyond the twin, and at least this share copied. */
const MOST_MORE = 0.15;
const LEAST_COPIED = 0.98;

const COMMAND = 'bench:windows';

export function withWindowsTables(page: string, cells: readonly WindowsCell[]): string {
  const parts = { summary: summary(cells), random: random(cells), text: text(cells) };
  return Object.entries(parts).reduce((whole, [name, part]) => withPart(whole, { name, command: COMMAND }, part), page);
}

function summary(cells: readonly WindowsCell[]): string {
  return markdownTable(
    [
      'shape',
      'cut',
      'windows',
      `at most ${MOST_MORE} nats`,
      'most nats',
      'standard error',
      `at least ${LEAST_COPIED} copied`,
      'least copied',
    ],
    cells.map(({ shape, cut, ...kinds }) => {
      const windows = [...Object.values(kinds.random), ...Object.values(kinds.text)];
      const copied = windows.flatMap((window) => (window.copied === null ? [] : [window.copied]));
      const errors = windows.flatMap(({ error }) => error ?? []);
      return [
        shape,
        cut,
        String(windows.length),
        String(windows.filter(({ more }) => more <= MOST_MORE).length),
        nats(Math.max(...windows.map(({ more }) => more))),
        errors.length === 0 ? '' : `${Math.min(...errors).toFixed(2)} to ${Math.max(...errors).toFixed(2)}`,
        `${copied.filter((share) => share >= LEAST_COPIED).length} of ${copied.length}`,
        Math.min(...copied).toFixed(3),
      ];
    }),
    2,
  );
}

function random(cells: readonly WindowsCell[]): string {
  return byWindow(cells, 'random', ({ more, copied }) => (copied === null ? nats(more) : `${nats(more)}, ${copied.toFixed(3)}`));
}

function text(cells: readonly WindowsCell[]): string {
  return byWindow(cells, 'text', ({ more, all }) => (all === null ? nats(more) : `${nats(more)}, ${nats(all)}`));
}

function byWindow(cells: readonly WindowsCell[], kind: 'random' | 'text', show: (window: InWindow) => string): string {
  const names = Object.keys(cells[0]?.[kind] ?? {});
  return markdownTable(
    ['window', ...cells.map(({ shape }) => shape)],
    names.map((name) => [name, ...cells.map((cell) => show(cell[kind][name] as InWindow))]),
    1,
  );
}

function nats(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(2)}`;
}
