/** `npm run families-table`: writes docs/reference/families.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { familiesTable, type PublicConfigs } from './families-table.ts';

const configs = JSON.parse(readFileSync(packagePath('tests', 'fixtures', 'public-configs.json'), 'utf8')) as PublicConfigs;
writeFileSync(packagePath('docs', 'reference', 'families.md'), familiesTable(configs));
