/** `npm run interop-table`: puts what the last run of the interop suite measured into the README. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { packagePath } from '../src/cli/files/package-path.ts';
import { type EngineResult, FIRST_PART, RESULTS_FOLDER, withInteropTables } from './interop-table.ts';

const files = readdirSync(packagePath(RESULTS_FOLDER)).sort();
const found = files.flatMap((file) => JSON.parse(readFileSync(packagePath(RESULTS_FOLDER, file), 'utf8')) as EngineResult[]);
const results = [...found.filter(({ part }) => part === FIRST_PART), ...found.filter(({ part }) => part !== FIRST_PART)];
const readme = packagePath('README.md');
writeFileSync(readme, withInteropTables(readFileSync(readme, 'utf8'), results));
