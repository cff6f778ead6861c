/** What each optimisation saves: sizes without it beside sizes with all, over the cells of the size benchmark and the example programs. */
import { textTable } from '../../src/cli/terminal/text/text-table.ts';
import { compile } from '../../src/compiler/compile.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { loadProgram } from '../../src/graph/elaborate/load-program.ts';
import { OPTIMIZATIONS, type Optimization } from '../../src/passes/optimizations.ts';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gptNeox } from '../../src/targets/families/layer-norm/gpt-neox.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../src/targets/families/rms-norm/llama.ts';
import { examplePrograms } from '../programs.ts';
import { compileCell } from '../size-cell.ts';
import type { PeerCell } from './peer.ts';

/** Beyond this context some models are too large to write without answers from numbers. */
const ABLATED_CONTEXT = 20;

/** Of the example programs, for the same reason. */
const EXAMPLE_CONTEXT = 12;

interface Subject {
  readonly context: number;
  /** Null where it is refused. */
  readonly compile: (without: readonly Optimization[]) => Size | null;
}

interface Size {
  readonly parameters: number;
  readonly layers: number;
}

/** What becomes of subjects without one optimisation. */
interface Saving {
  /** Geometric mean of the parameters without it over those with it, of all that compile. */
  readonly parameters: number;
  /** How many change at all, take more layers, and are refused. */
  readonly changed: number;
  readonly moreLayers: number;
  readonly refused: number;
}

export interface Ablation {
  readonly without: Optimization;
  readonly cells: Saving;
  readonly programs: Saving;
}

/** One optimisation after the other, since each takes a minute. */
export function* ablations(cells: readonly PeerCell[]): Generator<Ablation> {
  const all = {
    cells: withSizes(cells.map((cell) => ({ context: cell.context, compile: tried((without) => compileCell(cell, without)) }))),
    programs: withSizes(exampleSubjects()),
  };
  for (const without of OPTIMIZATIONS) yield { without, cells: savingOf(all.cells, without), programs: savingOf(all.programs, without) };
}

export function printAblations(all: readonly Ablation[]): void {
  const columns = ['parameters', 'changed', 'more layers', 'refused'];
  const numbers = (saving: Saving) => [saving.parameters.toFixed(3), saving.changed, saving.moreLayers, saving.refused];
  const rows = all.map(({ without, cells, programs }) => [without, ...numbers(cells), ...numbers(programs)].map(String));
  console.log('\nWithout one optimisation: cells, then example programs in four families');
  for (const line of textTable([['without', ...columns, ...columns], ...rows])) console.log(`  ${line}`);
}

/** Each example program, in a family of each kind of block. */
function exampleSubjects(): Subject[] {
  return examplePrograms().flatMap((file) =>
    [gpt2, llama, gptNeox, bert].map((target) => ({
      context: 0,
      compile: tried(
        (without) =>
          compile(loadProgram({ file, loader: () => null }), { target, dtype: 'f32', compute: 'f32', context: EXAMPLE_CONTEXT, without })
            .size,
      ),
    })),
  );
}

function tried(compileIt: (without: readonly Optimization[]) => Size): Subject['compile'] {
  return (without) => {
    try {
      const { parameters, layers } = compileIt(without);
      return { parameters, layers };
    } catch (fault) {
      if (!(fault instanceof DiagnosticError)) throw fault;
      return null;
    }
  };
}

function withSizes(subjects: readonly Subject[]): readonly (Subject & { readonly size: Size })[] {
  return subjects.flatMap((subject) => {
    const size = subject.compile([]);
    return size === null ? [] : [{ ...subject, size }];
  });
}

function savingOf(subjects: readonly (Subject & { readonly size: Size })[], without: Optimization): Saving {
  let [changed, moreLayers, refused, logarithms, counted] = [0, 0, 0, 0, 0];
  for (const { context, compile: compileIt, size } of subjects) {
    if (without === 'answers-from-numbers' && context > ABLATED_CONTEXT) continue;
    const other = compileIt([without]);
    if (other === null) {
      refused++;
      continue;
    }
    counted++;
    logarithms += Math.log(other.parameters / size.parameters);
    if (other.parameters !== size.parameters) changed++;
    if (other.layers > size.layers) moreLayers++;
  }
  return { parameters: counted === 0 ? 1 : Math.exp(logarithms / counted), changed, moreLayers, refused };
}
