/**
 * What the compiler tells a person: a code, a message, labelled places in the source, notes and one help. A stage collects
 * every diagnostic it can and then throws them together as one {@link DiagnosticError}.
 */
import type { Span } from '../source/source-file.ts';

export type Severity = 'error' | 'warning' | 'note';

/** A place in the source and, where there is something to say of it, what it is. */
export interface Label {
  readonly span: Span;
  readonly text: string;
}

/** A change of the text that a machine can make: every edit of it, or none. */
export interface Fix {
  /** What it does, as a menu shows it. */
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

export interface TextEdit {
  readonly span: Span;
  /** What stands there instead. */
  readonly text: string;
}

export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** The place itself; null where no source is at fault (a flag, a file on disk). */
  readonly primary: Label | null;
  readonly secondary: readonly Label[];
  readonly notes: readonly string[];
  readonly help: readonly string[];
  /** Ways to mend it, the likeliest first; absent where there is none. */
  readonly fixes?: readonly Fix[];
}

/** The user's fault, never ours: carries every diagnostic of the stage that failed. */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${d.code}: ${d.message}`).join('\n'));
    this.name = 'DiagnosticError';
    this.diagnostics = diagnostics;
  }
}
