/** The programs of a dataset, one after the other, no two of one behaviour: whoever makes a part of it walks the same programs. */
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { Program } from '../graph/program.ts';
import type { Value } from '../graph/value.ts';
import { loadText } from '../library/load-text.ts';
import { type Behaviour, behaviourOf } from './behaviour.ts';
import { gradeOf, type ProgramSetting, randomProgram } from './random-program.ts';

export interface DatasetProgram {
  /** From 0, in the order of the dataset. */
  readonly number: number;
  readonly grade: number;
  readonly source: string;
  readonly program: Program;
  readonly behaviour: Behaviour;
}

/** So many candidates in a row that bring nothing new: the small ones are used up. */
const MOST_FRUITLESS = 20_000;

/** Ends early where `MOST_FRUITLESS` candidates in a row bring no new behaviour. */
export function* datasetPrograms(setting: ProgramSetting, probes: readonly (readonly Value[])[], count: number): Generator<DatasetProgram> {
  const known = new Set<string>();
  let last = 0;
  for (let candidate = 0; known.size < count && candidate - last < MOST_FRUITLESS; candidate++) {
    const source = randomProgram(setting, candidate);
    const program = elaborated(source);
    const behaviour = program === null ? null : behaviourOf(program, probes);
    if (program === null || behaviour === null || known.has(behaviour.hash)) continue;
    known.add(behaviour.hash);
    last = candidate;
    yield { number: known.size - 1, grade: gradeOf(candidate), source, program, behaviour };
  }
}

/** Null for a text that the language refuses. */
function elaborated(source: string): Program | null {
  try {
    return loadText(source);
  } catch (fault) {
    if (fault instanceof DiagnosticError) return null;
    throw fault;
  }
}
