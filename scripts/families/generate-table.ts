/** docs/reference/generate.md: the programs that run on their own output, and what a step of each costs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { type CompiledModel, compile } from '../../src/compiler/compile.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';

/** One line of the table. */
export function generateRow(name: string, text: string, { size, map }: CompiledModel): string {
  const [, subject] = text.match(/^# (.+?)[.:](?:\s|$)/) ?? [];
  const [, input, output] = text.match(/^# Run: (\S+) +-> (\S+)$/m) ?? [];
  const { layers, width, hidden, parameters } = size;
  const heads = size.headsPerLayer.join(' ');
  const run = `\`${input}\` → \`${output}\``.replaceAll('|', '\\|');
  const cells = [
    `[${name.replace('.rasp', '')}](../../programs/generate/${name})`,
    subject,
    run,
    map.context,
    layers,
    heads,
    width,
    hidden,
  ];
  return `| ${[...cells, parameters.toLocaleString('en-US')].join(' | ')} |`;
}

export function generateTable(): string {
  const folder = packagePath('programs', 'generate');
  const rows = readdirSync(folder).map((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const program = loadProgram({ file: sourceFile(name, text), loader: () => null });
    return generateRow(name, text, compile(program, { target: gpt2, dtype: 'f32', compute: 'f32' }));
  });
  return `# What programs that run on their own output cost

Which of them are there, and how large is the model that takes a step? This page is made by \`npm run generate-table\`
from [programs/generate](../../programs/generate), compiled to GPT-2; a test holds it against what the compiler makes of
them. How they are written and run is in [generation](../generation.md).

| program | what it does | a run | context | layers | heads | width | hidden | parameters |
|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
