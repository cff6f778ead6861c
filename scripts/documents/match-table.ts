/** The table of docs/results/match.md: how often planted circuits are found, and others said to be something, with what that bounds. */
import type { Outcome } from '../../bench/match/cases.ts';
import type { NeuronOutcome } from '../../bench/match/neuron-cases.ts';
import { markdownTable, withPart } from './page-part.ts';

export const MATCH_FILE = 'bench/match.json';
export const MATCH_PAGE = 'docs/results/match.md';

const COUNTS = ['planted', 'found', 'said', 'others', 'wrong', 'resembling'] as const;

export interface MatchRow extends Omit<Outcome, 'number' | 'kind'> {
  readonly kind: string;
  readonly models: number;
}

/** A row a kind and family, in the order in which they come. */
export function matchRows(outcomes: readonly (Outcome | NeuronOutcome)[]): MatchRow[] {
  return addedRows(outcomes.map(rowOf));
}

/** Rows of one kind and family are one. */
export function addedRows(rows: readonly MatchRow[]): MatchRow[] {
  const groups = new Map<string, MatchRow[]>();
  for (const each of rows) {
    const name = `${each.kind} ${each.family}`;
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  return [...groups.values()].flatMap((own) => (own[0] === undefined ? [] : [added(own, own[0])]));
}

function rowOf({ number: _, ...counts }: Outcome | NeuronOutcome): MatchRow {
  return { ...counts, models: 1 };
}

function added(rows: readonly MatchRow[], { kind, family }: Pick<MatchRow, 'kind' | 'family'>): MatchRow {
  const sum = (key: (typeof COUNTS)[number] | 'models'): number => rows.reduce((total, row) => total + row[key], 0);
  const [planted, found, said, others, wrong, resembling] = COUNTS.map(sum);
  return { kind, family, models: sum('models'), planted, found, said, others, wrong, resembling } as MatchRow;
}

export function withMatchTable(page: string, rows: readonly MatchRow[]): string {
  const head = ['kind', 'family', 'models', 'planted', 'found', 'said to be it', 'others', 'said to be something', 'resembling'];
  const cells = ({ kind, family, models, planted, found, said, others, wrong, resembling }: MatchRow): string[] => [
    kind,
    family,
    ...[models, planted, found, said, others, wrong, resembling].map(String),
  ];
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const sums = kinds.map((kind) => added(rows.filter((row) => row.kind === kind), { kind, family: 'all' })); // biome-ignore format: a line
  const heads = sums.filter(({ kind }) => !kind.startsWith('neuron'));
  const bounds = [...sums, added(heads, { kind: 'heads of all kinds', family: 'all' })].map(
    ({ kind, planted, found, said, others, wrong, resembling }) => [
      kind,
      share(found, planted, 'least'),
      share(said, planted, 'least'),
      share(wrong, others, 'most'),
      share(wrong + resembling, others, 'most'),
    ],
  );
  const shares = ['kind', 'found', 'said to be it', 'others said to be something', 'said to be or to resemble something'];
  const tables = [markdownTable(shares, bounds, 1), markdownTable(head, [...rows, ...sums].map(cells), 2)];
  return withPart(page, { name: 'match', command: 'bench:match' }, tables.join('\n\n'));
}

/** `99.2% (98.1% at least)`: the exact bound that holds with 95% (Clopper and Pearson 1934), one-sided. */
function share(hits: number, of: number, side: 'least' | 'most'): string {
  if (of === 0) return '';
  const bound = side === 'least' ? 1 - largestRate(of - hits, of) : largestRate(hits, of);
  return `${percent(hits / of)} (at ${side} ${percent(bound)})`;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2)}%`;
}

/** The largest probability of a hit at which so few of `of` still come in one of twenty cases. */
export function largestRate(hits: number, of: number): number {
  if (hits === of) return 1;
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (atMost(hits, of, middle) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/** The probability of at most so many hits. */
function atMost(hits: number, of: number, rate: number): number {
  let [log, total] = [of * Math.log1p(-rate), 0];
  for (let k = 0; k <= hits; k++) {
    total += Math.exp(log);
    log += Math.log(((of - k) / (k + 1)) * (rate / (1 - rate)));
  }
  return total;
}
