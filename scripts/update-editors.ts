/** `npm run editors`: writes the grammar that editors colour RASP with. */
import { writeFileSync } from 'node:fs';
import { packagePath } from '../src/cli/files/package-path.ts';
import { textMateGrammar } from './textmate-grammar.ts';

writeFileSync(packagePath('editors', 'rasp.tmLanguage.json'), textMateGrammar());
