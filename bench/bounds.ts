/**
 * `npm run bench:bounds`: how often a circuit is refused that is right. The example programs at 8 to 128 positions on four families, and short
 * programs that mean a lot of work, planned in float32; of those whose certificate does not hold, the model is written all the same and searched
 * for errors. Results are kept in bench/bounds.json as they come, so that a run can be taken up again; the count goes into
 * docs/results/certificates.md. `-- --tries 10000 --share 0.2 --seed 3` searches longer, takes one cell of five, and draws others.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { BOUNDS_FILE, type BoundCell, boundsTable } from '../scripts/documents/bounds-table.ts';
import { CERTIFICATES_PAGE } from '../scripts/documents/certificate-tables.ts';
import { withPart } from '../scripts/documents/page-part.ts';
import { packagePath } from '../src/cli/files/package-path.ts';
import { parametersOf } from '../src/compiler/check-capacity.ts';
import { plan } from '../src/compiler/plan.ts';
import { unlessRefused } from '../src/compiler/unless-refused.ts';
import { loadProgram } from '../src/graph/elaborate/load-program.ts';
import { loadModel } from '../src/runtime/model.ts';
import { type SourceFile, sourceFile } from '../src/source/source-file.ts';
import { TARGETS } from '../src/targets/registry.ts';
import { modelSubject } from '../src/verify/model-subject.ts';
import { Random } from '../src/verify/random.ts';
import { build } from './certificate-cell.ts';
import { hillClimb } from './hill-climb.ts';
import { nastyPrograms } from './nasty/nasty-programs.ts';
import { examplePrograms } from './programs.ts';

const FAMILIES = ['gpt2', 'llama', 'gpt-neox', 'bert'];
const CONTEXTS = [8, 16, 32, 64, 128];
/** Larger circuits are not written, and nothing is said of them. */
const LARGEST = 3_000_000;

const { values } = parseArgs({
  options: {
    tries: { type: 'string', default: '10000' },
    share: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
});

interface Asked {
  readonly name: string;
  readonly kind: BoundCell['kind'];
  readonly target: string;
  readonly context: number;
  readonly file: SourceFile;
}

const asked: Asked[] = [
  ...examplePrograms().flatMap((file) =>
    CONTEXTS.flatMap((context) =>
      FAMILIES.map((target): Asked => ({ name: basename(file.path, '.rasp'), kind: 'example', target, context, file })),
    ),
  ),
  ...nastyPrograms(Number(values.seed)).flatMap(({ name, target, text, options, isLong }): Asked[] => {
    const context = Number(name.split('@').at(-1));
    if (isLong || options.length > 0 || context > (CONTEXTS.at(-1) ?? 0)) return [];
    return [{ name, kind: 'nasty', target, context, file: sourceFile(`${name}.rasp`, text) }];
  }),
];

const results = packagePath(BOUNDS_FILE);
const cells: BoundCell[] = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as BoundCell[]) : [];
const random = new Random(Number(values.seed), 0);
for (const each of asked) {
  const isTaken = random.below(1000) < 1000 * Number(values.share);
  const isKnown = cells.some(({ name, target, context }) => name === each.name && target === each.target && context === each.context);
  if (!isTaken || isKnown) continue;
  const cell = await measure(each, Number(values.tries));
  if (cell === null) continue;
  cells.push(cell);
  writeFileSync(results, `[\n${cells.map((c) => JSON.stringify(c)).join(',\n')}\n]\n`);
}
const page = packagePath(CERTIFICATES_PAGE);
writeFileSync(page, withPart(readFileSync(page, 'utf8'), { name: 'refused and right', command: 'bench:bounds' }, boundsTable(cells)));
process.stdout.write(`${boundsTable(cells)}\n`);

/** Null of what is refused before there is a circuit. */
async function measure({ name, kind, target: family, context, file }: Asked, tries: number): Promise<BoundCell | null> {
  const target = TARGETS.find((each) => each.name === family);
  if (target === undefined) throw new Error(`there is no family ${family}`);
  const planned = unlessRefused(() => plan(loadProgram({ file, loader: () => null, context }), { target, dtype: 'f32', compute: 'f32' }));
  if (planned === null) return null;
  const { certificate, placement, assumptions, ids } = planned;
  const parameters = parametersOf(placement, assumptions, ids);
  const cell = { name, kind, target: family, context, parameters, holds: certificate.holds, tries: 0, margin: null };
  if (certificate.holds || parameters > LARGEST) return cell;
  const model = build(file, target, 'f32', context);
  if (model === null) return cell;
  const found = await hillClimb(modelSubject(model.map, loadModel(model.checkpoint), model.program), context, tries, 1);
  return { ...cell, tries, margin: 1 - found };
}
