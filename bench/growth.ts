/**
 * `npm run bench:growth`: the parameters of each example program as planned, without a weight, over contexts and over vocabularies. Results are
 * kept in bench/growth.json as they come, so that a run can be taken up again (a cell that is taken out is planned anew); the tables go into
 * docs/results/growth.md. `-- --program hist` plans one program anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import {
  CONTEXTS,
  exceptionFor,
  GROWTH_FILE,
  GROWTH_PAGE,
  type GrowthCell,
  jumpsIn,
  VOCABULARIES,
  VOCABULARY_CONTEXT,
  withGrowthTables,
} from '../scripts/documents/growth-tables.ts';
import { packagePath } from '../src/cli/files/package-path.ts';
import { growthCell, OWN_VOCABULARY } from './growth/growth-cell.ts';
import { examplePrograms } from './programs.ts';

/** What takes longer ends a line, as the second in a row does that is not proven. */
const PATIENCE_S = 18;

const { values } = parseArgs({ options: { program: { type: 'string' } } });
const results = packagePath(GROWTH_FILE);
const before = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as GrowthCell[]) : [];
const cells = before.filter(({ program }) => program !== values.program);

for (const { path } of examplePrograms()) {
  const program = basename(path, '.rasp');
  if (values.program !== undefined && values.program !== program) continue;
  planLine(
    program,
    CONTEXTS.map((context) => [context, null]),
  );
  if (!OWN_VOCABULARY.has(program))
    planLine(
      program,
      VOCABULARIES.map((vocabulary) => [VOCABULARY_CONTEXT, vocabulary]),
    );
}
const page = packagePath(GROWTH_PAGE);
writeFileSync(page, withGrowthTables(readFileSync(page, 'utf8'), cells));
const proven = cells.filter(({ holds }) => holds);
console.log(
  `${cells.length} cells, ${proven.length} proven, ${jumpsIn(cells).length} jumps, ${jumpsIn(cells).filter((jump) => exceptionFor(jump) === undefined).length} not known; ${slow(5)} over 5 s of a processor`,
);

function planLine(program: string, line: readonly (readonly [number, number | null])[]): void {
  let wasUnproven = false;
  for (const [context, vocabulary] of line) {
    const known = cells.find((cell) => cell.program === program && cell.context === context && cell.vocabulary === vocabulary);
    const cell = known ?? growthCell(program, context, vocabulary);
    if (known === undefined) {
      cells.push(cell);
      writeFileSync(results, `${JSON.stringify(cells)}\n`);
    }
    if (cell.seconds > PATIENCE_S || (!cell.holds && wasUnproven)) break;
    wasUnproven = !cell.holds;
  }
}

function slow(seconds: number): number {
  return cells.filter((cell) => cell.seconds > seconds).length;
}
