/**
 * `npm run bench:precision`: the longest context up to 1024 at which each program is exact, by family and by what the model's numbers are
 * stored and computed as. Results are kept in bench/precision.json as they come, so that a run can be taken up again; the table goes into
 * docs/results/precision.md. `-- --program hist --target gpt2` measures a part.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { parseArgs } from 'node:util';
import {
  PRECISIONS,
  type PrecisionCell,
  type PrecisionName,
  RESULTS_FILE,
  withPrecisionTable,
} from '../scripts/documents/precision-table.ts';
import { packagePath } from '../src/cli/files/package-path.ts';
import { loadSource } from '../src/cli/session/load-file.ts';
import { processIo } from '../src/cli/terminal/process-io.ts';
import { compile } from '../src/compiler/compile.ts';
import { DiagnosticError } from '../src/diagnostics/diagnostic.ts';
import { sourceFile } from '../src/source/source-file.ts';
import { TARGETS } from '../src/targets/registry.ts';
import type { Target } from '../src/targets/target.ts';

const LONGEST = 1024;
/** Contexts are tried in steps of a doubling, then halved down to one. A compilation that takes more of the processor ends the search. */
const FIRST = 16;
const PATIENCE_S = 4;

const { values } = parseArgs({ options: { program: { type: 'string' }, target: { type: 'string' }, precision: { type: 'string' } } });
const io = processIo();
const results = packagePath(RESULTS_FILE);
const cells: PrecisionCell[] = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as PrecisionCell[]) : [];
mkdirSync(dirname(results), { recursive: true });

for (const program of readdirSync(packagePath('programs')).filter((file) => file.endsWith('.rasp'))) {
  const name = basename(program, '.rasp');
  for (const target of TARGETS) {
    for (const precision of PRECISIONS) {
      const isWanted = [
        [values.program, name],
        [values.target, target.name],
        [values.precision, precision.name],
      ].every(([wanted, found]) => wanted === undefined || wanted === found);
      const isKnown = cells.some((c) => c.program === name && c.target === target.name && c.precision === precision.name);
      if (!isWanted || isKnown) continue;
      cells.push(measure(name, target, precision.name));
      writeFileSync(results, JSON.stringify(cells));
    }
  }
}

const page = packagePath('docs', 'results', 'precision.md');
writeFileSync(page, withPrecisionTable(readFileSync(page, 'utf8'), cells));

function measure(program: string, target: Target, precision: PrecisionName): PrecisionCell {
  const { stored, computed } = PRECISIONS.find((p) => p.name === precision) as (typeof PRECISIONS)[number];
  const source = sourceFile(`programs/${program}.rasp`, readFileSync(packagePath(`programs/${program}.rasp`), 'utf8'));
  let isSlow = false;
  /** Null where the program is none for the family. */
  const holds = (context: number): boolean | null => {
    const start = process.cpuUsage();
    try {
      const elaborated = loadSource(source, io, { context, exports: undefined, vocabulary: undefined, causal: undefined });
      return compile(elaborated, { target, dtype: stored, compute: computed, unproven: true }).certificate.holds;
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      return error.diagnostics.some(({ code }) => code === 'R4008') ? null : false;
    } finally {
      const { user, system } = process.cpuUsage(start);
      isSlow = user + system > PATIENCE_S * 1e6;
    }
  };
  let longest = 0;
  let tooLong = LONGEST + 1;
  for (let context = FIRST; context <= LONGEST && !isSlow; context *= 2) {
    const held = holds(context);
    if (held === null) return { program, target: target.name, precision, longest: null, isLeast: false };
    if (held) longest = context;
    else {
      tooLong = context;
      break;
    }
  }
  while (!isSlow && tooLong <= LONGEST && tooLong - longest > Math.max(1, longest / 8)) {
    const middle = (longest + tooLong) >> 1;
    if (holds(middle) === true) longest = middle;
    else tooLong = middle;
  }
  return { program, target: target.name, precision, longest, isLeast: isSlow && longest < LONGEST };
}
