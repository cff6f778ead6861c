/** The matrix of the workflow that verifies the programs: each with each family that it fits. */
import { readdirSync, readFileSync } from 'node:fs';
import { packagePath } from '../../src/cli/files/package-path.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { sourceFile } from '../../src/source/source-file.ts';
import { TARGETS } from '../../src/targets/registry.ts';

export interface MatrixEntry {
  readonly program: string;
  readonly target: string;
}

/** Families that every program is verified on; of the others each program has some in turn, since GitHub takes 256 jobs. */
const ALWAYS: ReadonlySet<string> = new Set(['gpt2', 'llama', 'gpt-neox', 'bert']);
const IN_TURN = 3;

/** A program that looks both ways fits families that do. */
export function matrixEntries(): MatrixEntry[] {
  const folder = packagePath('programs');
  const names = readdirSync(folder).filter((name) => name.endsWith('.rasp'));
  return names.sort().flatMap((name, turn) => {
    const program = loadProgram({ file: sourceFile(name, readFileSync(`${folder}/${name}`, 'utf8')), loader: () => null });
    const causal = program.causal?.value ?? false;
    const isDue = (name: string, index: number) => ALWAYS.has(name) || (index + turn) % IN_TURN === 0;
    const fitting = TARGETS.filter(({ traits }) => causal || traits.attention === 'bidirectional');
    return fitting
      .filter((target) => isDue(target.name, TARGETS.indexOf(target)))
      .map((target) => ({
        program: name.replace(/[.]rasp$/, ''),
        target: target.name,
      }));
  });
}
