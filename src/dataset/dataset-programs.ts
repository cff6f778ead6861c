/** The programs of a dataset, one after the other, no two of one behaviour: whoever makes a part of it walks the same programs. */
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { Program } from '../graph/program.ts';
import type { Value } from '../graph/value.ts';
import { loadText } from '../library/load-text.ts';
import { type Behaviour, Behaviours } from './behaviour.ts';
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
/** Texts that are remembered, to know them again before anything is evaluated; behaviours know them as well. */
const MOST_TEXTS = 200_000;
/** Of so many candidates of a grade, fewer than `FEW` were new: it is nearly used up, and only one of `SELDOM` is tried from then on. */
const WINDOW = 256;
const FEW = 4;
const SELDOM = 32;

/** Ends early where `MOST_FRUITLESS` candidates in a row bring no new behaviour. */
export function* datasetPrograms(setting: ProgramSetting, probes: readonly (readonly Value[])[], count: number): Generator<DatasetProgram> {
  const behaviours = new Behaviours(probes);
  const texts = new Set<string>();
  const grades = new Map<number, GradeYield>();
  let found = 0;
  let last = 0;
  for (let candidate = 0; found < count && candidate - last < MOST_FRUITLESS; candidate++) {
    const grade = gradeOf(candidate);
    const sofar = grades.get(grade) ?? new GradeYield();
    grades.set(grade, sofar);
    if (!sofar.isDue()) continue;
    const source = randomProgram(setting, candidate);
    const program = texts.has(source) ? null : elaborated(source);
    if (texts.size >= MOST_TEXTS) texts.clear();
    texts.add(source);
    const behaviour = program === null ? null : behaviours.add(program);
    sofar.tried(behaviour !== null);
    if (program === null || behaviour === null) continue;
    last = candidate;
    yield { number: found++, grade, source, program, behaviour };
  }
}

/** How much that is new a grade still brings. */
class GradeYield {
  #tried = 0;
  #fresh = 0;
  #isPoor = false;
  #turn = 0;

  isDue(): boolean {
    return !this.#isPoor || this.#turn++ % SELDOM === 0;
  }

  tried(isNew: boolean): void {
    this.#tried++;
    this.#fresh += Number(isNew);
    if (this.#tried < WINDOW) return;
    this.#isPoor = this.#fresh < FEW;
    this.#tried = 0;
    this.#fresh = 0;
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
