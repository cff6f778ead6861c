/** What `raspc check` says of a program: all its faults, its examples that do not hold, and, where nothing is wrong, what is odd about it. */
import { type Diagnostic, DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { ElaborateOptions } from '../graph/elaborate/elaborate.ts';
import { checkExamples } from '../graph/evaluate/check-examples.ts';
import type { SourceFile } from '../source/source-file.ts';
import { sourceFile } from '../source/source-file.ts';
import { findFailures } from '../verify/find-failures.ts';
import { findWarnings } from '../warnings/find-warnings.ts';
import { type ObservedProgram, observeProgram } from '../warnings/observe-program.ts';
import { elaborateOptions, type ProgramOptions } from './load-text.ts';

/** Empty where nothing is wrong and nothing odd: errors come alone, warnings where there is no error. */
export function checkText(text: string, options: ProgramOptions = {}): readonly Diagnostic[] {
  return checkSource(sourceFile(options.name ?? 'program.rasp', text), elaborateOptions(options)).diagnostics;
}

export interface CheckedSource {
  /** Null where the program has errors that leave nothing to look at. */
  readonly observed: ObservedProgram | null;
  readonly diagnostics: readonly Diagnostic[];
}

export function checkSource(file: SourceFile, options: ElaborateOptions): CheckedSource {
  try {
    const observed = observeProgram(file, options);
    const { program } = observed;
    const wrong = checkExamples(program);
    if (wrong.length > 0) return { observed, diagnostics: wrong };
    const roots = program.exports.length > 0 ? program.exports.map(({ node }) => node) : [...program.names.values()];
    const failures = findFailures(program, roots);
    return { observed, diagnostics: failures.length > 0 ? failures : findWarnings(observed) };
  } catch (fault) {
    if (fault instanceof DiagnosticError) return { observed: null, diagnostics: fault.diagnostics };
    throw fault;
  }
}
