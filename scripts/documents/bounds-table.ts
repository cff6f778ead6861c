/** The count of circuits that are refused and right, in docs/results/certificates.md, from what `npm run bench:bounds` measured. */
import { markdownTable } from './page-part.ts';

export const BOUNDS_FILE = 'bench/bounds.json';

/** A planned circuit; its margin is the least that search has found, null where it was not searched. */
export interface BoundCell {
  readonly name: string;
  readonly kind: keyof typeof NAMES;
  readonly target: string;
  readonly context: number;
  readonly parameters: number;
  /** Whether the certificate holds. */
  readonly holds: boolean;
  /** Runs of the model in the search. */
  readonly tries: number;
  readonly margin: number | null;
}

/** What a circuit that is right has to have left of its margin. */
const RIGHT = 0.5;
const NAMES = {
  example: 'programs of `programs/`',
  library: 'functions of `programs/std`',
  reported: 'programs that were once refused',
  nasty: 'short programs that mean a lot',
} as const;
type Kind = keyof typeof NAMES;
const KINDS = Object.keys(NAMES) as Kind[];

export function boundsTable(cells: readonly BoundCell[]): string {
  const rows = KINDS.map((kind) =>
    rowOf(
      NAMES[kind],
      cells.filter((cell) => cell.kind === kind),
    ),
  );
  const tries = [...new Set(cells.filter(({ margin }) => margin !== null).map((cell) => cell.tries))].sort((a, b) => a - b);
  const head = ['programs', 'circuits', 'proven', 'refused', 'of those searched', 'right by over .5', 'proven of those that are right'];
  return `${markdownTable(head, [...rows, rowOf('**all**', cells)], 1)}\n\nRuns of the model in each search: ${tries.join(' or ') || 'none'}.`;
}

function rowOf(name: string, cells: readonly BoundCell[]): string[] {
  const proven = cells.filter(({ holds }) => holds);
  const searched = cells.filter(({ margin }) => margin !== null);
  const right = searched.filter(({ margin }) => (margin ?? 0) > RIGHT);
  const share = proven.length === 0 ? '–' : `${((100 * proven.length) / (proven.length + right.length)).toFixed(1)}%`;
  return [name, ...[cells, proven, cells.filter(({ holds }) => !holds), searched, right].map(({ length }) => `${length}`), share];
}
