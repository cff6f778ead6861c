/** The tables of docs/results/certificates.md: how tight certificates are, from what `npm run bench:certificates` measured. */
import type { Dtype } from '../../src/tensor/dtype.ts';
import { markdownTable, withPart } from './page-part.ts';

export const CERTIFICATES_FILE = 'bench/certificates.json';
export const CERTIFICATES_PAGE = 'docs/results/certificates.md';

/** Errors are parts of what is allowed: below 1 nothing is wrong. All null where the program does not compile. */
export interface CertificateCell {
  readonly program: string;
  readonly target: string;
  readonly dtype: Dtype;
  readonly context: number;
  /** The compiler's bound: of anything that the model decides. */
  readonly compiler: number | null;
  /** The checker's bound of outputs; null where it says nothing of them. */
  readonly checker: number | null;
  /** Whether the checker re-establishes the certificate. */
  readonly isProven: boolean;
  /** The largest error of an output that was found. */
  readonly found: number | null;
  /** What the checker took of a processor. */
  readonly milliseconds: number;
  /** Which order of sums it needed, or why it gave up. */
  readonly sums: string;
}

const COMMAND = 'bench:certificates';
/** Contexts that are counted together. */
const GROUPS = [
  { name: '8 to 32', holds: (context: number) => context <= 32 },
  { name: '64 and 128', holds: (context: number) => context > 32 },
] as const;
/** The context at which bounds are shown beside what was found. */
const SHOWN_CONTEXT = 32;
const SHOWN_TARGETS = ['gpt2', 'llama', 'bert'];

/** Every cell that compiled at all. */
export function measuredCells(cells: readonly CertificateCell[]): CertificateCell[] {
  return cells.filter(({ found }) => found !== null);
}

export function withCertificateTables(page: string, cells: readonly CertificateCell[]): string {
  const measured = measuredCells(cells);
  const parts = { acceptance: acceptance(measured), missing: missing(measured), tightness: tightness(measured) };
  return Object.entries(parts).reduce((text, [name, part]) => withPart(text, { name, command: COMMAND }, part), page);
}

/** The bound holds, or the largest error that was found leaves the output right. */
function isBelow(error: number | null): boolean {
  return error !== null && error < 1;
}

function acceptance(cells: readonly CertificateCell[]): string {
  const rows = GROUPS.flatMap(({ name, holds }) =>
    distinct(cells, ({ dtype }) => dtype).flatMap((dtype) => {
      const own = cells.filter((cell) => holds(cell.context) && cell.dtype === dtype);
      const targets = distinct(own, ({ target }) => target);
      return [...targets.map((target) => ({ target, own: own.filter((cell) => cell.target === target) })), { target: '**all**', own }]
        .filter((group) => group.own.length > 0)
        .map((group) => [name, dtype, group.target, ...counts(group.own)]);
    }),
  );
  return markdownTable(
    ['positions', 'weights', 'target', 'no error found', 'compiler accepts', 'checker proves', 'of those accepted', 'slowest proof'],
    rows,
    3,
  );
}

/** At how many no error was found; at how many of those the compiler, the checker, and the checker where the compiler does, is sure. */
function counts(cells: readonly CertificateCell[]): string[] {
  const right = cells.filter(({ found }) => isBelow(found));
  const accepted = right.filter(({ compiler }) => isBelow(compiler));
  const both = accepted.filter(({ isProven }) => isProven);
  const share = accepted.length === 0 ? '' : `${((100 * both.length) / accepted.length).toFixed(1)}%`;
  const slowest = Math.max(...cells.map(({ milliseconds }) => milliseconds));
  const numbers = [right.length, accepted.length, right.filter(({ isProven }) => isProven).length].map(String);
  return [...numbers, share, `${(slowest / 1000).toFixed(1)} s`];
}

/** What the compiler accepts and the checker does not re-establish, and why; and what it proves though the compiler refuses it. */
function missing(cells: readonly CertificateCell[]): string {
  const apart = cells.filter(({ compiler, isProven }) => isBelow(compiler) !== isProven);
  if (apart.length === 0) return 'The compiler and the checker agree on every cell.';
  return markdownTable(
    ['program', 'target', 'weights', 'positions', 'compiler', 'checker'],
    apart.map(({ program, target, dtype, context, compiler, isProven, sums }) => [
      `\`${program}\``,
      target,
      dtype,
      String(context),
      isBelow(compiler) ? 'accepts' : 'refuses',
      isProven ? 'proves' : sums,
    ]),
    6,
  );
}

function tightness(cells: readonly CertificateCell[]): string {
  const shown = cells.filter((c) => c.context === SHOWN_CONTEXT && c.dtype === 'f32' && SHOWN_TARGETS.includes(c.target));
  return markdownTable(
    ['program', 'target', 'compiler', 'checker', 'found', 'checker / found', 'sums'],
    shown
      .filter(({ checker, found }) => (checker ?? 0) > 0 || (found ?? 0) > 0)
      .map(({ program, target, compiler, checker, found, sums }) => [
        `\`${program}\``,
        target,
        ...[compiler, checker, found].map(shortNumber),
        checker === null || !found ? '' : shortNumber(checker / found),
        sums,
      ]),
    2,
  );
}

/** Two digits; small and large ones with an exponent. */
export function shortNumber(x: number | null): string {
  if (x === null) return '';
  const short = Number(x.toPrecision(2));
  return short !== 0 && (Math.abs(short) < 1e-3 || Math.abs(short) >= 1e4) ? short.toExponential() : String(short);
}

function distinct(cells: readonly CertificateCell[], of: (cell: CertificateCell) => string): string[] {
  return [...new Set(cells.map(of))];
}
