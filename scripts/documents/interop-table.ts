/** The tables of docs/results/interop.md: what the interop suite measured: wrong outputs and the largest difference of a logit, by engine and program. */
import { markdownTable, withPart } from './page-part.ts';

/** Where the suite leaves its numbers, a file for each of its parts. */
export const RESULTS_FOLDER = 'out/interop';

export interface EngineResult {
  readonly program: string;
  readonly target: string;
  /** What the weights are stored as. */
  readonly dtype: string;
  /** Which models: programs at one context, or the library. */
  readonly part: string;
  /** The engine and its arithmetic. */
  readonly engine: string;
  readonly inputs: number;
  /** Inputs with a wrong output. */
  readonly mismatches: number;
  /** The largest difference of a logit from that of raspc's runtime in the same arithmetic. */
  readonly difference: number;
}

/** The part that is shown program by program, and goes first. */
export const FIRST_PART = 'programs at 16';

const PART = { name: 'interop', command: 'interop-table' };

/** The page with the tables of `results` in their place. */
export function withInteropTables(page: string, results: readonly EngineResult[]): string {
  return withPart(page, PART, interopTables(results));
}

function interopTables(results: readonly EngineResult[]): string {
  const engines = distinct(results, ({ engine }) => engine);
  const details = engines.map((engine) => {
    const rows = programTable(results.filter((result) => result.engine === engine && result.part === FIRST_PART));
    return `<details><summary>${engine}, program by program</summary>\n\n${rows}\n\n</details>`;
  });
  return [summary(results, engines), ...details].join('\n\n');
}

/** One line an engine, a part and a stored dtype. */
function summary(results: readonly EngineResult[], engines: readonly string[]): string {
  const parts = distinct(results, ({ part }) => part);
  const rows = engines.flatMap((engine) =>
    parts.flatMap((part) => distinct(results, ({ dtype }) => dtype).flatMap((dtype) => summaryRow(results, engine, part, dtype))),
  );
  return markdownTable(['engine', 'what', 'weights', 'models', 'inputs', 'wrong', 'largest difference of a logit'], rows, 3);
}

function summaryRow(results: readonly EngineResult[], engine: string, part: string, dtype: string): string[][] {
  const held = results.filter((result) => result.engine === engine && result.part === part && result.dtype === dtype);
  if (held.length === 0) return [];
  const sum = (of: (result: EngineResult) => number) => held.reduce((total, result) => total + of(result), 0);
  const counts = [held.length, sum(({ inputs }) => inputs), sum(({ mismatches }) => mismatches)];
  return [[engine, part, dtype, ...counts.map(number), worst(held)]];
}

/** Programs × targets; a cell has the three stored dtypes, what is wrong before its difference. */
function programTable(results: readonly EngineResult[]): string {
  const targets = distinct(results, ({ target }) => target);
  const dtypes = distinct(results, ({ dtype }) => dtype);
  const rows = distinct(results, ({ program }) => program).map((program) => {
    const cells = targets.map((target) => {
      const held = dtypes.map((dtype) => results.filter((r) => r.program === program && r.target === target && r.dtype === dtype));
      return held.every(({ length }) => length === 0) ? '' : held.map(cell).join(' / ');
    });
    return [`\`${program}\``, ...cells];
  });
  return markdownTable([`weights in ${dtypes.join(' / ')}`, ...targets.map((target) => `\`${target}\``)], rows, 1);
}

/** A dash where the compiler refused the model. */
function cell(held: readonly EngineResult[]): string {
  const wrong = held.reduce((total, { mismatches }) => total + mismatches, 0);
  return held.length === 0 ? '–' : `${wrong === 0 ? '' : `**${wrong} wrong** `}${worst(held)}`;
}

/** Differences that nothing could notice. */
const NOTHING = 1e-9;

function worst(held: readonly EngineResult[]): string {
  const largest = Math.max(...held.map(({ difference }) => difference));
  return largest < NOTHING ? '0' : largest.toExponential(0);
}

function distinct(results: readonly EngineResult[], of: (result: EngineResult) => string): string[] {
  return [...new Set(results.map(of))];
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
