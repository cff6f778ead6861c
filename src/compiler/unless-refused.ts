/** What is tried beside other ways, and may be refused. */
import { EffortSpent } from '../circuit/effort.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';

/** Null where it is refused with a diagnostic, or takes more than it may. */
export function unlessRefused<T>(attempt: () => T): T | null {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof DiagnosticError || error instanceof EffortSpent) return null;
    throw error;
  }
}
