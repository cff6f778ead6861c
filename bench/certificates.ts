/**
 * `npm run bench:certificates`: how tight certificates are. For each program, family and stored dtype, at several contexts: does the
 * compiler's certificate hold, does the checker re-establish it from the bytes, and how large an error does a search for bad inputs find?
 * Results are kept in bench/certificates.json as they come, so that a run can be taken up again. `-- --program hist --target gpt2 --dtype
 * f16 --context 8` measures a part; a result that is taken out of the file is measured anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import {
  CERTIFICATES_FILE,
  CERTIFICATES_PAGE,
  type CertificateCell,
  withCertificateTables,
} from '../scripts/documents/certificate-tables.ts';
import { packagePath } from '../src/cli/files/package-path.ts';
import { TARGETS } from '../src/targets/registry.ts';
import { DTYPES } from '../src/tensor/dtype.ts';
import { measureCell } from './certificate-cell.ts';
import { examplePrograms } from './programs.ts';

/** Runs of the model in a search for an error, by context: longer ones take longer. */
const TRIES = new Map([
  [8, 60],
  [16, 60],
  [32, 60],
  [64, 20],
  [128, 20],
]);
const FAMILIES = ['gpt2', 'llama', 'gpt-neox', 'bert', 'mistral', 'qwen2', 'phi3', 'gemma'];
/** The longest context at which weights in half precision are tried, and of which families. */
const LONGEST_HALVED = 32;
const HALVED = ['gpt2', 'llama', 'bert'];

const { values } = parseArgs({
  options: { program: { type: 'string' }, target: { type: 'string' }, dtype: { type: 'string' }, context: { type: 'string' } },
});
const results = packagePath(CERTIFICATES_FILE);
const cells: CertificateCell[] = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as CertificateCell[]) : [];

for (const file of examplePrograms()) {
  const program = basename(file.path, '.rasp');
  for (const target of TARGETS.filter(({ name }) => FAMILIES.includes(name))) {
    for (const dtype of DTYPES) {
      for (const [context, tries] of TRIES) {
        const name = { program, target: target.name, dtype, context };
        const isWanted = Object.entries(name).every(([key, found]) =>
          [undefined, String(found)].includes(values[key as keyof typeof values]),
        );
        const isKnown = cells.some((c) => Object.entries(name).every(([key, found]) => c[key as keyof typeof name] === found));
        const isHalved = HALVED.includes(target.name) && context <= LONGEST_HALVED;
        if (!isWanted || isKnown || (dtype !== 'f32' && !isHalved)) continue;
        const cell = await measureCell(file, target, dtype, context, tries);
        cells.push({ ...name, ...cell });
        writeFileSync(results, `[\n${cells.map((c) => JSON.stringify(c)).join(',\n')}\n]\n`);
      }
    }
  }
}

const page = packagePath(CERTIFICATES_PAGE);
writeFileSync(page, withCertificateTables(readFileSync(page, 'utf8'), cells));
console.log(`${CERTIFICATES_PAGE} has the tables`);
