/** The table of docs/results/mutations.md: what the checker says of damaged weights, from what `npm run bench:mutations` measured. */
import { markdownTable, withPart } from './page-part.ts';

export const MUTATIONS_FILE = 'bench/mutations.json';
export const MUTATIONS_PAGE = 'docs/results/mutations.md';

/** What became of changes of one kind. */
export interface MutationRate {
  readonly kind: string;
  readonly tried: number;
  /** Not proven any more. */
  readonly caught: number;
  /** Caught, and some input that was tried comes out wrong indeed. */
  readonly wrong: number;
  /** Not caught, and some input comes out wrong: there must be none. */
  readonly missed: number;
}

export function withMutationTable(page: string, rates: readonly MutationRate[]): string {
  const rows = rates.map(({ kind, tried, caught, wrong, missed }) => [
    kind,
    String(tried),
    `${caught} (${((100 * caught) / tried).toFixed(0)}%)`,
    ...[wrong, tried - caught, missed].map(String),
  ]);
  const head = ['what', 'changes', 'caught', 'of those an input shows', 'passed', 'of those an input shows'];
  return withPart(page, { name: 'mutations', command: 'bench:mutations' }, markdownTable(head, rows, 1));
}
