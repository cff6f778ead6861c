/**
 * `npm run bench:windows`: induction seeded in shapes of public models, in stock transformers at step 0, in windows that begin anywhere, beside
 * the unseeded twin. Results are kept in bench/windows.json as they come; a shape that is taken out of the file is measured anew.
 * `-- --shape 'GPT-2 small'` measures one. Takes some ten minutes of a processor, 8 GB of memory, and the Python of the interop suite.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { WINDOWS_FILE, WINDOWS_PAGE, type Windows, type WindowsCell, withWindowsTables } from '../scripts/documents/windows-table.ts';
import { packagePath } from '../src/cli/files/package-path.ts';
import { WINDOW_SHAPES, type WindowShape } from './window-shapes.ts';

/** Of long windows, and of those of a token or two, which have a target at most. */
const SEQUENCES = { sequences: 6, short: 480 };

/**
 * How much probability an answer is planned to have: what is said louder is heard where nothing was asked, and half is what a circuit that training
 * can raise needs. `seed` plans .99 where nobody says otherwise.
 */
const CONFIDENCE = '0.5';

const { values } = parseArgs({ options: { shape: { type: 'string' } } });
const results = packagePath(WINDOWS_FILE);
const known: WindowsCell[] = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as WindowsCell[]) : [];
const python = execFileSync(packagePath('scripts', 'interop-setup.sh'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
const docs = packagePath('docs');
const texts = readdirSync(docs)
  .filter((name) => name.endsWith('.md'))
  .map((name) => join(docs, name));

for (const shape of WINDOW_SHAPES) {
  const isWanted = values.shape === undefined || values.shape === shape.name;
  if (!isWanted || known.some((cell) => cell.shape === shape.name)) continue;
  known.push(measure(shape));
  const cells = WINDOW_SHAPES.flatMap(({ name }) => known.filter((cell) => cell.shape === name));
  writeFileSync(results, `[\n${cells.map((cell) => JSON.stringify(cell)).join(',\n')}\n]\n`);
}

const page = packagePath(WINDOWS_PAGE);
writeFileSync(page, withWindowsTables(readFileSync(page, 'utf8'), JSON.parse(readFileSync(results, 'utf8')) as WindowsCell[]));
console.log(`${WINDOWS_PAGE} has the tables`);

function measure({ name, cut, positions, full, config }: WindowShape): WindowsCell {
  const folder = mkdtempSync(join(tmpdir(), 'raspc-windows-'));
  try {
    const [like, seeded, twin] = ['like', 'seeded', 'twin'].map((part) => join(folder, part)) as [string, string, string];
    mkdirSync(like);
    writeFileSync(join(like, 'config.json'), JSON.stringify(config));
    const seed = (...more: string[]) => {
      const command = [
        'seed',
        packagePath('programs', 'seeds', 'induction.rasp'),
        '--like',
        like,
        '--context',
        String(full),
        '--confidence',
        CONFIDENCE,
        '--quiet',
      ];
      execFileSync(process.execPath, [packagePath('bin', 'raspc.js'), ...command, ...more]);
    };
    seed('-o', seeded);
    seed('--unseeded', '-o', twin);
    const job = { seeded, twin, vocab: config.vocab_size, bos: config.bos_token_id, positions, full, ...SEQUENCES, texts };
    const [jobFile, resultFile] = [join(folder, 'job.json'), join(folder, 'result.json')];
    writeFileSync(jobFile, JSON.stringify([job]));
    execFileSync(python, [packagePath('bench', 'windows.py'), jobFile, resultFile], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [found] = JSON.parse(readFileSync(resultFile, 'utf8')) as [{ random: Windows; text: Windows }];
    return { shape: name, cut, random: rounded(found.random), text: rounded(found.text) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** To four digits: they are committed. */
function rounded(windows: Windows): Windows {
  const four = (value: number | null | undefined) => (value == null ? null : Number(value.toFixed(4)));
  return Object.fromEntries(
    Object.entries(windows).map(([name, window]) => [
      name,
      {
        more: four(window.more) ?? 0,
        error: four(window.error) ?? 0,
        all: four(window.all),
        copied: four(window.copied),
        copies: window.copies,
      },
    ]),
  );
}
