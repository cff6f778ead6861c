/** The text of a program to an elaborated program, by options in plain values: what every function of the library begins with. */
import { type ElaboratedProgram, type ElaborateOptions, readVocabulary } from '../graph/elaborate/elaborate.ts';
import { loadProgram } from '../graph/elaborate/load-program.ts';
import { sourceFile } from '../source/source-file.ts';

export interface ProgramOptions {
  /** The file's name in diagnostics and in the circuit map. */
  readonly name?: string;
  /** The text behind `load "PATH";`, null where there is none. Without it, programs load nothing; raspc's library is `raspc/std`. */
  readonly load?: (path: string) => string | null;
  /** Each of these takes the place of the directive in the file. */
  readonly vocabulary?: string;
  readonly context?: number;
  readonly causal?: boolean;
  readonly exports?: readonly string[];
}

/** Throws a DiagnosticError with every fault of the first stage that has any. */
export function loadText(text: string, options: ProgramOptions = {}): ElaboratedProgram {
  return loadProgram({ file: sourceFile(options.name ?? 'program.rasp', text), ...elaborateOptions(options) });
}

export function elaborateOptions({ load, vocabulary, context, causal, exports }: ProgramOptions): ElaborateOptions {
  return {
    loader: (path) => {
      const found = load?.(path) ?? null;
      return found === null ? null : sourceFile(`${path}.rasp`, found);
    },
    ...(vocabulary === undefined ? {} : { vocabulary: readVocabulary(sourceFile('<vocabulary>', vocabulary)) }),
    ...(context === undefined ? {} : { context }),
    ...(causal === undefined ? {} : { causal }),
    ...(exports === undefined ? {} : { exports }),
  };
}
