/** The table of docs/results/precision.md: how far each program is exact, from what `npm run bench:precision` measured. */
import type { Dtype } from '../../src/tensor/dtype.ts';
import { markdownTable, withPart } from './page-part.ts';

export const RESULTS_FILE = 'bench/precision.json';

/** What the numbers of a model are stored and computed as. */
export const PRECISIONS = [
  { name: 'f32', stored: 'f32', computed: 'f32' },
  { name: 'f16 weights', stored: 'f16', computed: 'f32' },
  { name: 'bf16 weights', stored: 'bf16', computed: 'f32' },
  { name: 'all f16', stored: 'f16', computed: 'f16' },
  { name: 'all bf16', stored: 'bf16', computed: 'bf16' },
] as const satisfies readonly { readonly name: string; readonly stored: Dtype; readonly computed: Dtype }[];

export type PrecisionName = (typeof PRECISIONS)[number]['name'];

export interface PrecisionCell {
  readonly program: string;
  readonly target: string;
  readonly precision: PrecisionName;
  /** The longest context that the certificate holds for, to an eighth; null where the family cannot take the program. */
  readonly longest: number | null;
  /** Whether longer ones were not tried because compiling took too long. */
  readonly isLeast: boolean;
}

const PART = { name: 'precision', command: 'bench:precision' };

/** The text with its table replaced: a row for each program and family, a column for each precision. */
export function withPrecisionTable(page: string, cells: readonly PrecisionCell[]): string {
  return withPart(page, PART, table(cells));
}

function table(cells: readonly PrecisionCell[]): string {
  const rows = new Map<string, Map<string, string[]>>();
  for (const program of [...new Set(cells.map((c) => c.program))].sort()) {
    const byResult = new Map<string, string[]>();
    for (const target of [...new Set(cells.map((c) => c.target))]) {
      const own = cells.filter((c) => c.program === program && c.target === target);
      if (own.every((c) => c.longest === null)) continue;
      const result = PRECISIONS.map(({ name }) => shown(own.find((c) => c.precision === name))).join(' | ');
      byResult.set(result, [...(byResult.get(result) ?? []), target]);
    }
    rows.set(program, byResult);
  }
  const lines = [...rows].flatMap(([program, byResult]) =>
    [...byResult].map(([result, targets]) => [`\`${program}\``, targets.join(', '), ...result.split(' | ')]),
  );
  return markdownTable(['program', 'families', ...PRECISIONS.map((p) => p.name)], lines, 2);
}

function shown(cell: PrecisionCell | undefined): string {
  if (cell === undefined) return '';
  if (cell.longest === null || cell.longest === 0) return '–';
  return cell.isLeast ? `≥ ${cell.longest}` : String(cell.longest);
}
