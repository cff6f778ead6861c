/** Faults in the words that a reader of a page gets. */
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';

/** A fault in one or two sentences. */
export function faultText(fault: unknown): string {
  if (fault instanceof DiagnosticError) {
    return fault.diagnostics.map(({ message, help }) => [message, ...help].join('; ')).join('\n');
  }
  return fault instanceof Error ? fault.message : String(fault);
}
