/**
 * `npm run bench:bounds`: how often a circuit is refused that is right. The example programs, the functions of the library and programs that were
 * once refused, at 8 to 128 positions on four families, and short programs that mean a lot of work, planned in float32; of those whose certificate
 * does not hold, the model is written all the same and searched for errors. Results are kept in bench/bounds.json as they come, so that a run can
 * be taken up again; the count goes into docs/results/certificates.md.
 *
 * `-- --tries 10000 --share 0.2 --seed 3` searches longer, takes one cell of five, and draws others; `--kinds library,reported` and `--contexts 8,32`
 * take these alone; `--keep FILE` keeps results elsewhere, and leaves the page as it is.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { BOUNDS_FILE, type BoundCell, boundsTable } from '../scripts/documents/bounds-table.ts';
import { CERTIFICATES_PAGE } from '../scripts/documents/certificate-tables.ts';
import { withPart } from '../scripts/documents/page-part.ts';
import { packagePath } from '../src/cli/files/package-path.ts';
import { sourceLoader } from '../src/cli/files/source-loader.ts';
import { parametersOf } from '../src/compiler/check-capacity.ts';
import { plan } from '../src/compiler/plan.ts';
import { unlessRefused } from '../src/compiler/unless-refused.ts';
import { loadProgram } from '../src/graph/elaborate/load-program.ts';
import { loadModel } from '../src/runtime/model.ts';
import { TARGETS } from '../src/targets/registry.ts';
import { modelSubject } from '../src/verify/model-subject.ts';
import { Random } from '../src/verify/random.ts';
import { type Asked, askedPrograms } from './bounds/asked.ts';
import { build } from './certificate-cell.ts';
import { hillClimb } from './hill-climb.ts';

/** Larger circuits are not written, and nothing is said of them. */
const LARGEST = 3_000_000;
/** Seconds of processor from which on a cell is told. */
const LONG_S = 5;

const { values } = parseArgs({
  options: {
    tries: { type: 'string', default: '10000' },
    share: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    kinds: { type: 'string' },
    contexts: { type: 'string' },
    keep: { type: 'string' },
  },
});

const results = values.keep ?? packagePath(BOUNDS_FILE);
const cells: BoundCell[] = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as BoundCell[]) : [];
const [kinds, contexts] = [values.kinds?.split(','), values.contexts?.split(',').map(Number)];
const loader = sourceLoader('', packagePath());
const random = new Random(Number(values.seed), 0);
for (const each of askedPrograms(Number(values.seed))) {
  // drawn for each, so that what is taken does not depend on the kinds and contexts that are asked for
  const isDrawn = random.below(1000) < 1000 * Number(values.share);
  const isAsked = (kinds?.includes(each.kind) ?? true) && (contexts?.includes(each.context) ?? true);
  const isKnown = cells.some(({ name, target, context }) => name === each.name && target === each.target && context === each.context);
  if (!isDrawn || !isAsked || isKnown) continue;
  const before = process.cpuUsage().user;
  const cell = await measure(each, Number(values.tries));
  const seconds = (process.cpuUsage().user - before) / 1e6;
  if (seconds > LONG_S) process.stderr.write(`${each.name} on ${each.target} at ${each.context}: ${seconds.toFixed(1)} s\n`);
  if (cell === null) continue;
  cells.push(cell);
  writeFileSync(results, `[\n${cells.map((c) => JSON.stringify(c)).join(',\n')}\n]\n`);
}
if (values.keep === undefined) {
  const page = packagePath(CERTIFICATES_PAGE);
  writeFileSync(page, withPart(readFileSync(page, 'utf8'), { name: 'refused and right', command: 'bench:bounds' }, boundsTable(cells)));
}
process.stdout.write(`${boundsTable(cells)}\n`);

/** Null of what is refused before there is a circuit. */
async function measure({ name, kind, target: family, context, file }: Asked, tries: number): Promise<BoundCell | null> {
  const target = TARGETS.find((each) => each.name === family);
  if (target === undefined) throw new Error(`there is no family ${family}`);
  const planned = unlessRefused(() => plan(loadProgram({ file, loader, context }), { target, dtype: 'f32', compute: 'f32' }));
  if (planned === null) return null;
  const { certificate, placement, assumptions, ids } = planned;
  const parameters = parametersOf(placement, assumptions, ids);
  const cell = { name, kind, target: family, context, parameters, holds: certificate.holds, tries: 0, margin: null };
  if (certificate.holds || parameters > LARGEST) return cell;
  const model = build(file, target, 'f32', context, 'f32', loader);
  if (model === null) return cell;
  const found = await hillClimb(modelSubject(model.map, loadModel(model.checkpoint), model.program), context, tries, 1);
  return { ...cell, tries, margin: 1 - found };
}
