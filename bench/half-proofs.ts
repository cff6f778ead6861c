/**
 * `npm run bench:half-proofs`: of the models that compute in half precision, by family, dtype and context, which the checker re-establishes from
 * their bytes, and what it says of the others. Results are kept in bench/half-proofs.json as they come, so that a run can be taken up again;
 * a result that is taken out of the file is measured anew. `-- --target bert --dtype f16 --context 8` measures a part.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { HALF_PROOFS_FILE, HALF_PROOFS_PAGE, type HalfProof, withHalfProofs } from '../scripts/documents/half-proofs-table.ts';
import { checkCheckpoint } from '../src/checker/check-checkpoint.ts';
import { packagePath } from '../src/cli/files/package-path.ts';
import { TARGETS } from '../src/targets/registry.ts';
import { build } from './certificate-cell.ts';
import { examplePrograms } from './programs.ts';

const FAMILIES = ['gpt2', 'llama', 'gpt-neox', 'bert'];
const CONTEXTS = [8, 16];

const { values } = parseArgs({ options: { target: { type: 'string' }, dtype: { type: 'string' }, context: { type: 'string' } } });
const results = packagePath(HALF_PROOFS_FILE);
const cells: HalfProof[] = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as HalfProof[]) : [];

for (const context of CONTEXTS) {
  for (const target of TARGETS.filter(({ name }) => FAMILIES.includes(name))) {
    for (const dtype of ['f16', 'bf16'] as const) {
      for (const file of examplePrograms()) {
        const name = { program: basename(file.path, '.rasp'), target: target.name, dtype, context };
        const isWanted = (['target', 'dtype', 'context'] as const).every((key) => [undefined, String(name[key])].includes(values[key]));
        const isKnown = cells.some((c) => Object.entries(name).every(([key, found]) => c[key as keyof typeof name] === found));
        if (!isWanted || isKnown) continue;
        const model = build(file, target, dtype, context, dtype);
        cells.push({ ...name, ...(model === null ? { isAccepted: false, why: null } : { isAccepted: true, why: whyNot(model) }) });
        writeFileSync(results, `[\n${cells.map((c) => JSON.stringify(c)).join(',\n')}\n]\n`);
      }
    }
  }
}

const page = packagePath(HALF_PROOFS_PAGE);
writeFileSync(page, withHalfProofs(readFileSync(page, 'utf8'), cells));
console.log(`${HALF_PROOFS_PAGE} has the table`);

/** What the checker cannot show; null where it shows all. */
function whyNot(model: Parameters<typeof checkCheckpoint>[0]): string | null {
  const result = checkCheckpoint(model);
  if (result.kind === 'unproven') return result.why;
  if (result.holds) return null;
  const [first] = result.failures;
  return first === undefined ? 'an output has no margin' : `${first.kind} of ${first.name}`;
}
