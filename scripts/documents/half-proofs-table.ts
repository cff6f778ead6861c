/** The tables of docs/results/half-proofs.md, from what `npm run bench:half-proofs` found. */
import { markdownTable, withPart } from './page-part.ts';

export const HALF_PROOFS_FILE = 'bench/half-proofs.json';
export const HALF_PROOFS_PAGE = 'docs/results/half-proofs.md';

export interface HalfProof {
  readonly program: string;
  readonly target: string;
  readonly dtype: 'f16' | 'bf16';
  readonly context: number;
  /** Whether the compiler takes the program. */
  readonly isAccepted: boolean;
  /** What the checker cannot show of it; null where it shows all, or there is nothing. */
  readonly why: string | null;
}

const PART = { name: 'half-proofs', command: 'bench:half-proofs' };

export function withHalfProofs(page: string, cells: readonly HalfProof[]): string {
  return withPart(page, PART, `${counts(cells)}\n\n${reasons(cells)}`);
}

function counts(cells: readonly HalfProof[]): string {
  const targets = [...new Set(cells.map(({ target }) => target))];
  const columns = distinct(cells.map(({ dtype, context }) => `${dtype}, ${context} positions`));
  const rows = targets.map((target) => [
    target,
    ...columns.map((column) => {
      const own = cells.filter((c) => c.target === target && `${c.dtype}, ${c.context} positions` === column && c.isAccepted);
      return own.length === 0 ? '' : `${own.filter(({ why }) => why === null).length} of ${own.length}`;
    }),
  ]);
  return markdownTable(['family', ...columns], rows, 1);
}

function reasons(cells: readonly HalfProof[]): string {
  const rows = cells.flatMap(({ program, target, dtype, context, why }) =>
    why === null ? [] : [[`\`${program}\``, target, dtype, String(context), why.replaceAll('|', '\\|')]],
  );
  return markdownTable(['program', 'family', 'dtype', 'positions', 'what is not shown'], rows, 5);
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
