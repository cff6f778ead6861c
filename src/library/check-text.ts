/** What `raspc check` says of a program: all its faults, and its examples that do not hold. */
import { type Diagnostic, DiagnosticError } from '../diagnostics/diagnostic.ts';
import { checkExamples } from '../graph/evaluate/check-examples.ts';
import { findFailures } from '../verify/find-failures.ts';
import { loadText, type ProgramOptions } from './load-text.ts';

/** Empty where nothing is wrong. */
export function checkText(text: string, options: ProgramOptions = {}): readonly Diagnostic[] {
  try {
    const program = loadText(text, options);
    const wrong = checkExamples(program);
    const roots = program.exports.length > 0 ? program.exports.map(({ node }) => node) : [...program.names.values()];
    return wrong.length > 0 ? wrong : findFailures(program, roots);
  } catch (fault) {
    if (fault instanceof DiagnosticError) return fault.diagnostics;
    throw fault;
  }
}
