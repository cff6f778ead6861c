/** `npm run std-table`: compiles the library's functions and writes programs/std/README.md. */
import { writeFileSync } from 'node:fs';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { compile } from '../../src/compiler/compile.ts';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { readStdLibrary, stdProgram } from './std-library.ts';
import { stdReadme } from './std-table.ts';

const readme = stdReadme(readStdLibrary(), (file, subject, causal) =>
  compile(stdProgram(file, [subject], causal), { target: causal ? gpt2 : bert, dtype: 'f32', compute: 'f32' }),
);
writeFileSync(packagePath('programs', 'std', 'README.md'), readme);
