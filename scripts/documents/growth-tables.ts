/** The tables of docs/results/growth.md: how parameters grow with the context and the vocabulary, from what `npm run bench:growth` planned. */
import { GROWTH_EXCEPTIONS, type GrowthException } from './growth-exceptions.ts';
import { markdownTable, withPart } from './page-part.ts';

export const GROWTH_FILE = 'bench/growth.json';
export const GROWTH_PAGE = 'docs/results/growth.md';

export interface LeastSizes {
  readonly layers: number;
  readonly heads: number;
  readonly neurons: number;
  readonly dimensions: number;
}

export interface GrowthCell {
  readonly program: string;
  readonly target: string | null;
  readonly context: number;
  /** How many tokens; null: the program's own. */
  readonly vocabulary: number | null;
  /** Null where the program is refused. */
  readonly parameters: number | null;
  readonly holds: boolean;
  readonly refused: string | null;
  /** Of a processor, to plan it. */
  readonly seconds: number;
  readonly sizes: {
    readonly layers: number;
    /** Of all layers together. */
    readonly heads: number;
    readonly neurons: number;
    readonly width: number;
    readonly perLayer: { readonly heads: number; readonly hidden: number };
  } | null;
  readonly least: LeastSizes | null;
}

/** Contexts with each program's own vocabulary, and vocabularies at {@link VOCABULARY_CONTEXT}. */
export const CONTEXTS = [8, 16, 32, 64, 128, 256, 512, 1024];
export const VOCABULARIES = [3, 6, 13, 26, 52, 104, 208, 416, 832, 1664, 4096, 10000];
export const VOCABULARY_CONTEXT = 16;
/** The context that least sizes are told at. */
const LEAST_CONTEXT = 32;

/** What two neighbours of a line may not do: grow by more than the square of what grows, fall by more than a third where that is the context, or end. */
export interface Jump {
  readonly from: GrowthCell;
  readonly to: GrowthCell;
  readonly over: GrowthException['over'];
  /** Parameters; null where the larger is not proven. */
  readonly times: number | null;
  /** What that may be. */
  readonly least: number;
  readonly most: number;
}

const LEAST_PART = 2 / 3;

export function jumpsIn(cells: readonly GrowthCell[]): Jump[] {
  return linesOf(cells).flatMap((line) => line.flatMap((to, i) => jumpBetween(line[i - 1], to) ?? []));
}

/** Of what is proven: from a cell that is not nothing can be said. */
export function jumpBetween(from: GrowthCell | undefined, to: GrowthCell): Jump | null {
  if (from?.parameters == null || !from.holds) return null;
  const over = from.vocabulary === to.vocabulary ? 'N' : 'V';
  const growth = sizeOver(over, to) / sizeOver(over, from);
  const [least, most] = [over === 'N' ? LEAST_PART : 0, growth ** 2];
  const times = to.parameters === null || !to.holds ? null : to.parameters / from.parameters;
  return times !== null && times >= least && times <= most ? null : { from, to, over, times, least, most };
}

/** How large a cell is in what its line grows in. */
export function sizeOver(over: GrowthException['over'], { context, vocabulary }: GrowthCell): number {
  return over === 'N' ? context : (vocabulary ?? 0);
}

/** Why a jump is known, if it is. */
export function exceptionFor({ from, to, over }: Jump): GrowthException | undefined {
  return GROWTH_EXCEPTIONS.find(
    (known) =>
      known.program === from.program && known.over === over && known.from === sizeOver(over, from) && known.to === sizeOver(over, to),
  );
}

/** Cells of one program that differ in the context alone, or in the vocabulary, in order. */
export function linesOf(cells: readonly GrowthCell[]): GrowthCell[][] {
  return [...new Set(cells.map(({ program }) => program))].flatMap((program) => {
    const own = cells.filter((cell) => cell.program === program);
    const byContext = own.filter(({ vocabulary }) => vocabulary === null).sort((a, b) => a.context - b.context);
    const byVocabulary = own.filter(({ vocabulary }) => vocabulary !== null).sort((a, b) => (a.vocabulary ?? 0) - (b.vocabulary ?? 0));
    return [byContext, byVocabulary];
  });
}

export function withGrowthTables(page: string, cells: readonly GrowthCell[]): string {
  const parts: readonly (readonly [string, string])[] = [
    [
      'contexts',
      table(
        cells.filter(({ vocabulary }) => vocabulary === null),
        CONTEXTS,
        ({ context }) => context,
      ),
    ],
    [
      'vocabularies',
      table(
        cells.filter(({ vocabulary }) => vocabulary !== null),
        VOCABULARIES,
        ({ vocabulary }) => vocabulary ?? 0,
      ),
    ],
    ['jumps', jumpTable(cells)],
    ['least sizes', leastTable(cells)],
  ];
  return parts.reduce((text, [name, own]) => withPart(text, { name, command: 'bench:growth' }, own), page);
}

function table(cells: readonly GrowthCell[], sizes: readonly number[], sizeOf: (cell: GrowthCell) => number): string {
  const programs = [...new Set(cells.map(({ program }) => program))].sort();
  const rows = programs.map((program) => [
    `\`${program}\``,
    ...sizes.map((size) => shown(cells.find((cell) => cell.program === program && sizeOf(cell) === size))),
  ]);
  return markdownTable(['program', ...sizes.map((size) => size.toLocaleString('en-US'))], rows, 1);
}

function shown(cell: GrowthCell | undefined): string {
  if (cell === undefined) return '';
  if (cell.parameters === null) return cell.refused ?? 'refused';
  return cell.holds ? cell.parameters.toLocaleString('en-US') : 'unproven';
}

function jumpTable(cells: readonly GrowthCell[]): string {
  const rows = jumpsIn(cells).map((jump) => {
    const { from, to, over, times, least, most } = jump;
    const sizes = [from, to].map((cell) => sizeOver(over, cell).toLocaleString('en-US'));
    const asked = times !== null && times < least ? `≥ ${least.toFixed(2)}` : `≤ ${most.toFixed(1)}`;
    return [`\`${from.program}\``, `${over} ${sizes.join(' to ')}`, exceptionFor(jump)?.why ?? '', times?.toFixed(2) ?? '–', asked];
  });
  return markdownTable(['program', 'between', 'why', 'times', 'asked for'], rows, 3);
}

function leastTable(cells: readonly GrowthCell[]): string {
  const rows = cells
    .filter(({ vocabulary, context }) => vocabulary === null && context === LEAST_CONTEXT)
    .sort((a, b) => (a.program < b.program ? -1 : 1))
    .flatMap(({ program, sizes, least }) => {
      if (sizes === null || least === null) return [];
      const pairs = [
        [sizes.layers, least.layers],
        [sizes.heads, least.heads],
        [sizes.neurons, least.neurons],
        [sizes.width, least.dimensions],
      ] as const;
      return [
        [
          `\`${program}\``,
          ...pairs.map(([has, bound]) => (bound === 0 ? `${has} / 0` : `${has} / ${bound} = ${(has / bound).toFixed(1)}`)),
        ],
      ];
    });
  return markdownTable(['program', 'layers', 'heads', 'neurons', 'dimensions'], rows, 1);
}
