/** `npm run interop-table`: puts what the last run of the interop suite measured into docs/results/interop.md. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { type EngineResult, FIRST_PART, RESULTS_FOLDER, withInteropTables } from '../documents/interop-table.ts';

const files = readdirSync(packagePath(RESULTS_FOLDER)).sort();
const found = files.flatMap((file) => JSON.parse(readFileSync(packagePath(RESULTS_FOLDER, file), 'utf8')) as EngineResult[]);
const results = [...found.filter(({ part }) => part === FIRST_PART), ...found.filter(({ part }) => part !== FIRST_PART)];
const page = packagePath('docs', 'results', 'interop.md');
writeFileSync(page, withInteropTables(readFileSync(page, 'utf8'), results));
