/**
 * `npm run bench:match -- --models 200 --part 1/2 --keep FILE [--python PATH]`: what `raspc match` finds in models in which it is known what
 * heads and neurons compute, so many of each kind. Every outcome is a line of FILE, and what stands there is not tried again: a run that was interrupted
 * goes on, and parts can be run by several processes. `--table FILE --table FILE` puts what all of them found into docs/results/match.md. With
 * `--more` what bench/match.json counts, of each kind and family the first so many, is not tried again, and the table is of that and of the FILEs.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { addedRows, MATCH_FILE, MATCH_PAGE, type MatchRow, matchRows, withMatchTable } from '../scripts/documents/match-table.ts';
import { packagePath } from '../src/cli/files/package-path.ts';
import { casesOf, KINDS, type Outcome, tryCase } from './match/cases.ts';
import { NEURON_KINDS, type NeuronOutcome, neuronCases, tryNeuronCase } from './match/neuron-cases.ts';
import { startTrainer } from './match/trainer.ts';

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: '200' },
    kinds: { type: 'string', default: [...KINDS, ...NEURON_KINDS].join(';') },
    part: { type: 'string', default: '1/1' },
    keep: { type: 'string', default: 'match.jsonl' },
    python: { type: 'string' },
    table: { type: 'string', multiple: true },
    more: { type: 'boolean', default: false },
  },
});

type AnyOutcome = Outcome | NeuronOutcome;

const outcomesOf = (path: string): AnyOutcome[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line) as AnyOutcome)
    : [];
const nameOf = ({ kind, family, number }: Pick<AnyOutcome, 'kind' | 'family' | 'number'>): string => `${kind} ${family} ${number}`;

const counted: readonly MatchRow[] = values.more ? (JSON.parse(readFileSync(packagePath(MATCH_FILE), 'utf8')) as MatchRow[]) : [];
/** Whether what bench/match.json has is of this case, too: cases are counted from the first on. */
const isCounted = ({ kind, family, number }: Pick<AnyOutcome, 'kind' | 'family' | 'number'>): boolean =>
  counted.some((row) => row.kind === kind && row.family === family && number < row.models);

if (values.table === undefined) await measure();
else {
  const outcomes = new Map(values.table.flatMap(outcomesOf).map((each) => [nameOf(each), each]));
  const rows = addedRows([...counted, ...matchRows([...outcomes.values()].filter((each) => !isCounted(each)))]);
  writeFileSync(packagePath(MATCH_FILE), `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
  writeFileSync(packagePath(MATCH_PAGE), withMatchTable(readFileSync(packagePath(MATCH_PAGE), 'utf8'), rows));
}

async function measure(): Promise<void> {
  const { models, part, keep, python } = values;
  const wanted = values.kinds.split(';');
  const kinds = KINDS.filter((kind) => wanted.includes(kind) && (python !== undefined || !kind.endsWith('trained')));
  const [number = 1, of = 1] = part.split('/').map(Number);
  const known = new Set(outcomesOf(keep).map(nameOf));
  const trainer = python === undefined ? null : startTrainer(python);
  const train = trainer?.train ?? null;
  const all = [
    ...casesOf(Number(models), kinds).map((each) => ({ ...each, run: (): Promise<AnyOutcome> => tryCase(each, train) })),
    ...neuronCases(Number(models))
      .filter(({ kind }) => wanted.includes(kind))
      .map((each) => ({ ...each, run: (): Promise<AnyOutcome> => tryNeuronCase(each) })),
  ];
  const cases = all.filter((each, at) => at % of === number - 1 && !known.has(nameOf(each)) && !isCounted(each));
  for (const [at, each] of cases.entries()) {
    const outcome = await each.run();
    appendFileSync(keep, `${JSON.stringify(outcome)}\n`);
    if (outcome.said < outcome.planted || outcome.wrong + outcome.resembling > 0) console.log(JSON.stringify(outcome));
    if (at % 20 === 0) console.log(`${at} of ${cases.length}`);
  }
  trainer?.stop();
}
