/** `npm run generate-table`: compiles programs/generate and writes docs/reference/generate.md. */
import { writeFileSync } from 'node:fs';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { generateTable } from './generate-table.ts';

writeFileSync(packagePath('docs', 'reference', 'generate.md'), generateTable());
