/** `npm run interop-table`: puts what the last run of the interop suite measured into the README. */
import { readFileSync, writeFileSync } from 'node:fs';
import { packagePath } from '../src/cli/package-path.ts';
import { type EngineResult, RESULTS_FILE, withInteropTables } from './interop-table.ts';

const results = JSON.parse(readFileSync(packagePath(RESULTS_FILE), 'utf8')) as EngineResult[];
const readme = packagePath('README.md');
writeFileSync(readme, withInteropTables(readFileSync(readme, 'utf8'), results));
