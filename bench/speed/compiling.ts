/** What each example program costs to compile, and what comes out. */
import { compile } from '../../src/compiler/compile.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { deepProgram, examplePrograms } from '../programs.ts';
import type { BenchTable } from './bench-table.ts';
import { medianMilliseconds, rounded } from './median.ts';

const OPTIONS = { target: gpt2, dtype: 'f32', compute: 'f32' } as const;

export function measureCompiling(): BenchTable {
  const rows = [...examplePrograms(), deepProgram()].map((file) => {
    const load = () => loadProgram({ file, loader: () => null });
    try {
      const { size } = compile(load(), OPTIONS);
      const ms = rounded(medianMilliseconds(3, () => void compile(load(), OPTIONS)));
      return [file.path, ms, size.layers, size.headsPerLayer.join(' '), size.width, size.hidden, size.parameters, size.nonzero];
    } catch (fault) {
      if (!(fault instanceof DiagnosticError)) throw fault;
      return [file.path, `not on gpt2: ${fault.diagnostics[0]?.code}`, '', '', '', '', '', ''];
    }
  });
  return {
    name: 'Compiling for GPT-2, each program at its own context',
    columns: ['program', 'ms', 'layers', 'heads', 'width', 'hidden', 'parameters', 'not zero'],
    rows,
  };
}
