/**
 * `npm run bench:certificates`: how tight certificates are. For each program, family and stored dtype, at several contexts: does the
 * compiler's certificate hold, does the checker re-establish it from the bytes, and how large an error does a search for bad inputs find?
 * Results are kept in bench/certificates.json as they come, so that a run can be taken up again. `-- --program hist --target gpt2 --dtype
 * f16 --context 8` measures a part.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { packagePath } from '../src/cli/files/package-path.ts';
import { textTable } from '../src/cli/terminal/text-table.ts';
import { TARGETS } from '../src/targets/registry.ts';
import { DTYPES, type Dtype } from '../src/tensor/dtype.ts';
import { type CertificateCell, measureCell } from './certificate-cell.ts';
import { rounded } from './median.ts';
import { examplePrograms } from './programs.ts';

const CONTEXTS = [8, 16, 32] as const;
/** Families whose weights are tried in half precision, too. */
const HALVED = ['gpt2', 'llama', 'bert'];

const { values } = parseArgs({
  options: { program: { type: 'string' }, target: { type: 'string' }, dtype: { type: 'string' }, context: { type: 'string' } },
});
const results = packagePath('bench/certificates.json');
const cells: CertificateCell[] = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as CertificateCell[]) : [];

for (const file of examplePrograms()) {
  const program = basename(file.path, '.rasp');
  for (const target of TARGETS) {
    for (const dtype of DTYPES) {
      for (const context of CONTEXTS) {
        const name = { program, target: target.name, dtype, context };
        const isWanted = Object.entries(name).every(([key, found]) =>
          [undefined, String(found)].includes(values[key as keyof typeof values]),
        );
        const isKnown = cells.some((c) => Object.entries(name).every(([key, found]) => c[key as keyof typeof name] === found));
        if (!isWanted || isKnown || (dtype !== 'f32' && !HALVED.includes(target.name))) continue;
        const cell = await measureCell(file, target, dtype, context);
        cells.push({ ...name, ...cell });
        writeFileSync(results, `[\n${cells.map((c) => JSON.stringify(c)).join(',\n')}\n]\n`);
      }
    }
  }
}

const measured = cells.filter((c) => c.found !== null);
console.log('Cells at which search finds no error; of those, at how many the compiler and the checker are sure');
show([
  ['target', 'dtype', 'search', 'compiler', 'checker'],
  ...TARGETS.flatMap(({ name }) => DTYPES.map((dtype) => acceptance(name, dtype))).filter((row) => row[2] !== '0'),
]);
console.log('Error of outputs, as a part of what is allowed, at the longest context: bounds, and the largest that was found');
show([
  ['program', 'target', 'dtype', 'N', 'compiler', 'checker', 'found', 'checker / found', 'ms', 'sums'],
  ...longest().map((c) => [
    c.program,
    c.target,
    c.dtype,
    String(c.context),
    shown(c.compiler),
    shown(c.checker),
    shown(c.found),
    c.checker === null || !c.found ? '' : shown(c.checker / c.found),
    String(c.milliseconds),
    c.sums,
  ]),
]);

function acceptance(target: string, dtype: Dtype): string[] {
  const own = measured.filter((c) => c.target === target && c.dtype === dtype && (c.found as number) < 1);
  const compiler = own.filter((c) => (c.compiler as number) < 1).length;
  const checker = own.filter((c) => c.isProven).length;
  return [target, dtype, ...[own.length, compiler, checker].map(String)];
}

function longest(): CertificateCell[] {
  return measured.filter(
    (c) => !measured.some((d) => d.program === c.program && d.target === c.target && d.dtype === c.dtype && d.context > c.context),
  );
}

function shown(error: number | null): string {
  return error === null ? '' : String(rounded(error));
}

function show(rows: readonly (readonly string[])[]): void {
  for (const line of textTable(rows)) console.log(`  ${line}`);
  console.log();
}
