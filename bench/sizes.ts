/**
 * `npm run bench:sizes`: every cell of the peer's figures beside what raspc makes of the same program. Options after `--`: `--program
 * NAME`, `--max-vocabulary N` and `--max-context N` choose cells, `--samples N` says on how many inputs each is tried (0: none),
 * `--ablation` says what each optimisation saves, and
 * `--json FILE` writes the results.
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { textTable } from '../src/cli/terminal/text/text-table.ts';
import { DiagnosticError } from '../src/diagnostics/diagnostic.ts';
import { type CompiledCell, compileCell, compileTime, countWrong, type SizeResult } from './size-cell.ts';
import { type Ablation, ablations, printAblations } from './speed/ablation.ts';
import { type Account, accountOf } from './speed/account.ts';
import { type PeerCell, peerCells } from './speed/peer.ts';

interface Line {
  readonly cell: PeerCell;
  readonly ours: SizeResult | null;
  readonly milliseconds: number;
  /** Null where it was not tried, or not compiled. */
  readonly failed: number | null;
  readonly checked: number;
  readonly note: string;
  readonly account: Account | null;
}

/** A compile time that nobody minds, whatever the peer's is, in milliseconds. */
const FREE_MILLISECONDS = 5;
const LARGE_MODEL = 5_000;
/** A cell that takes less says nothing of how time grows. */
const TELLING_MILLISECONDS = 20;

const { values: options } = parseArgs({
  options: {
    program: { type: 'string', multiple: true },
    'max-vocabulary': { type: 'string' },
    'max-context': { type: 'string' },
    samples: { type: 'string', default: '2000' },
    ablation: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const cells = peerCells().filter(
  ({ program, vocabulary, context }) =>
    (options.program === undefined || options.program.includes(program)) &&
    vocabulary <= Number(options['max-vocabulary'] ?? Number.POSITIVE_INFINITY) &&
    context <= Number(options['max-context'] ?? Number.POSITIVE_INFINITY),
);

for (const cell of cells) tryToCompile(cell); // so that the process is warm
const lines: Line[] = [];
for (const cell of cells) lines.push(await measure(cell));
print(lines);
writeResults([]);
if (options.ablation) {
  const found: Ablation[] = [];
  for (const ablation of ablations(cells)) {
    found.push(ablation);
    writeResults(found);
  }
  printAblations(found);
}

function writeResults(found: readonly Ablation[]): void {
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(resultData(lines, found), null, 1)}\n`);
}

function tryToCompile(cell: PeerCell): CompiledCell | string {
  try {
    return compileCell(cell);
  } catch (fault) {
    if (!(fault instanceof DiagnosticError)) throw fault;
    return `${fault.diagnostics[0]?.code}: ${fault.diagnostics[0]?.message}`;
  }
}

async function measure(cell: PeerCell): Promise<Line> {
  const compiled = tryToCompile(cell);
  if (typeof compiled === 'string') return { cell, ours: null, milliseconds: 0, failed: null, checked: 0, note: compiled, account: null };
  const milliseconds = compileTime(cell);
  const samples = Number(options.samples);
  const tried = samples > 0 ? await countWrong(compiled, samples) : null;
  const { program: _, model: __, ...ours } = compiled;
  return { cell, ours, milliseconds, failed: tried?.failed ?? null, checked: tried?.checked ?? 0, note: '', account: accountOf(compiled) };
}

function print(all: readonly Line[]): void {
  const heading = ['program', 'V', 'N', 'target', 'layers', 'heads', 'width', 'hidden', 'parameters', 'part', 'ms', 'exact'];
  const pair = (ours: number | string, theirs: number | string | undefined) => `${ours} / ${theirs ?? '-'}`;
  const rows = all.map(({ cell, ours, milliseconds, failed, note }) => {
    const { program, vocabulary, context, model } = cell;
    if (ours === null) return [program, vocabulary, context, note];
    return [
      program,
      vocabulary,
      context,
      ours.target,
      pair(ours.layers, model?.layers),
      pair(ours.heads, model?.heads),
      pair(ours.width, model?.width),
      pair(ours.hidden, model?.hidden),
      pair(ours.parameters, model?.parameters),
      model === null ? '' : (ours.parameters / model.parameters).toFixed(3),
      pair(milliseconds.toFixed(1), model?.cpuMilliseconds.toFixed(1)),
      pair(failed === null ? '?' : failed === 0 ? 'yes' : `${failed} wrong`, model === null ? undefined : model.exact ? 'yes' : 'no'),
    ];
  });
  console.log('raspc / Tracr');
  for (const line of textTable([heading, ...rows].map((row) => row.map(String)))) console.log(`  ${line}`);
  console.log();
  for (const [name, value] of Object.entries(summary(all))) console.log(`${name}: ${value}`);
}

/** One line a goal. */
function summary(all: readonly Line[]): Record<string, string> {
  const compiled = all.filter((l) => l.ours !== null);
  const tried = compiled.filter((l) => l.failed !== null);
  const compared = compiled.flatMap(({ cell, ours, milliseconds, account }) =>
    cell.model && ours && account ? [{ cell, ours, milliseconds, account, peer: cell.model }] : [],
  );
  type Compared = (typeof compared)[number];
  const ratioOf = (parameters: (entry: Compared) => number) =>
    Math.exp(compared.reduce((sum, entry) => sum + Math.log(parameters(entry) / entry.peer.parameters), 0) / compared.length).toFixed(4);
  const shareOf = (part: (account: Account) => number) =>
    `${((100 * compared.reduce((sum, { account }) => sum + part(account), 0)) / compared.length).toFixed(0)}%`;
  const where = (keep: (entry: Compared) => boolean) => {
    const found = compared.filter(keep).map(({ cell }) => `${cell.program} V${cell.vocabulary} N${cell.context}`);
    return found.length === 0 ? 'none' : `${found.length}: ${found.slice(0, 12).join(', ')}${found.length > 12 ? ', …' : ''}`;
  };
  const allowed = ({ cpuMilliseconds }: { readonly cpuMilliseconds: number }) => Math.max(cpuMilliseconds, FREE_MILLISECONDS);
  const slowest = Math.max(...compiled.map((l) => l.milliseconds));
  const total = compiled.reduce((sum, l) => sum + l.milliseconds, 0);
  return {
    'cells compiled': `${compiled.length} of ${all.length} (Tracr: ${all.filter((l) => l.cell.model !== null).length})`,
    'cells exact': `${tried.filter((l) => l.failed === 0).length} of ${tried.length} tried, on ${tried.reduce((n, l) => n + l.checked, 0).toLocaleString('en-US')} inputs (Tracr: ${all.filter((l) => l.cell.model?.exact).length})`,
    'parameters, geometric mean of ours / theirs': `${ratioOf(({ ours }) => ours.parameters)} over ${compared.length} cells`,
    'the same, of the least that a stock transformer takes': ratioOf(({ account }) => account.least),
    'of our parameters, means': `tables ${shareOf(({ tables }) => tables)}, matrices of attention ${shareOf(({ attention }) => attention)}, neurons ${shareOf(({ neurons }) => neurons)}`,
    'more parameters than Tracr': where(({ ours, peer }) => ours.parameters > peer.parameters),
    'more parameters where Tracr has over 5,000': where(
      ({ ours, peer }) => peer.parameters > LARGE_MODEL && ours.parameters > peer.parameters,
    ),
    'more layers than Tracr': where(({ ours, peer }) => ours.layers > peer.layers),
    'slower than Tracr and than 5 ms': where(({ milliseconds, peer }) => milliseconds > allowed(peer)),
    ...growth('context', compiled),
    ...growth('vocabulary', compiled),
    memory: `${Math.round(process.resourceUsage().maxRSS / 1024)} MB resident at most, the whole process`,
    'compile time': `${slowest.toFixed(1)} ms at most, ${(total / 1000).toFixed(2)} s for all ${compiled.length}`,
  };
}

/**
 * Medians by vocabulary or context; and between the two largest sizes of each program the power that its time grows with, where that is steepest.
 * What takes longest are tables over pairs of values, so powers are about 2, and 4 where a product of two s-ops has the square of their values;
 * tables over more are cut at a fixed size.
 */
function growth(by: 'context' | 'vocabulary', compiled: readonly Line[]): Record<string, string> {
  const sizes = [...new Set(compiled.map((l) => l.cell[by]))].sort((a, b) => a - b);
  const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
  const medians = sizes.map((size) => {
    const own = compiled.filter((l) => l.cell[by] === size);
    const parameters = median(own.map((l) => l.ours?.parameters ?? 0)).toLocaleString('en-US');
    return `${size}: ${median(own.map((l) => l.milliseconds)).toFixed(1)} ms, ${parameters}`;
  });
  const [before, last] = sizes.slice(-2);
  const other = by === 'context' ? 'vocabulary' : 'context';
  const powers = compiled.flatMap((line) => {
    if (line.cell[by] !== last || before === undefined || line.milliseconds < TELLING_MILLISECONDS) return [];
    const smaller = compiled.find(
      ({ cell }) => cell.program === line.cell.program && cell[other] === line.cell[other] && cell[by] === before,
    );
    const power = smaller === undefined ? 0 : Math.log(line.milliseconds / smaller.milliseconds) / Math.log(last / before);
    return [{ power, name: line.cell.program }];
  });
  const steepest = powers.sort((a, b) => b.power - a.power)[0];
  const about =
    steepest === undefined
      ? ''
      : `; steepest is ${steepest.name}, with the power ${steepest.power.toFixed(1)} (tables are over pairs of values)`;
  return { [`by ${by}, medians of time and parameters`]: medians.join('; ') + about };
}

function resultData(all: readonly Line[], found: readonly Ablation[]): unknown {
  const { node, v8 } = process.versions;
  return {
    node,
    v8,
    platform: process.platform,
    arch: process.arch,
    summary: summary(all),
    ablations: found,
    rows: all.map(({ cell, ours, milliseconds, failed, checked, note }) => ({
      program: cell.program,
      vocabulary: cell.vocabulary,
      context: cell.context,
      ...(ours ?? { note }),
      cpuMilliseconds: Number(milliseconds.toPrecision(3)),
      checked,
      failed,
      peer: cell.model,
    })),
  };
}
