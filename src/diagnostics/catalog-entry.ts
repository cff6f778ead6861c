/** The shape of one entry of the diagnostics catalog, and how a diagnostic is made from it. */
import type { Span } from '../source/source-file.ts';
import { type Diagnostic, DiagnosticError, type Fix, type Label, type Severity } from './diagnostic.ts';

/**
 * What `raspc explain` shows as wrong and right: a program, with the stage that must refuse it and any options that stage needs,
 * or a command line.
 */
export type Sample =
  | {
      readonly kind: 'program';
      readonly source: string;
      readonly stage: 'check' | 'run' | 'compile';
      readonly arguments?: readonly string[];
    }
  | { readonly kind: 'command'; readonly line: string }
  | { readonly kind: 'text'; readonly text: string };

/** One source of truth for a code: its wording (rustc's style: lower case, no full stop), help and long explanation. */
export interface CatalogEntry<Facts> {
  readonly severity: Severity;
  readonly message: (facts: Facts) => string;
  readonly help: (facts: Facts) => readonly string[];
  /** What to write in place of what the diagnostic points at; null where that is not known. */
  readonly replacement: (facts: Facts) => string | null;
  /** A paragraph or more for `raspc explain`. */
  readonly explanation: string;
  readonly bad: Sample;
  readonly good: Sample;
}

export function entry<Facts>(body: {
  severity?: Severity;
  message: (facts: Facts) => string;
  help?: (facts: Facts) => string | readonly string[];
  replacement?: (facts: Facts) => string | null;
  explanation: string;
  bad: Sample;
  good: Sample;
}): CatalogEntry<Facts> {
  const help = body.help;
  return {
    severity: body.severity ?? 'error',
    message: body.message,
    help: (facts) => (help === undefined ? [] : [help(facts)].flat()),
    replacement: body.replacement ?? (() => null),
    explanation: body.explanation,
    bad: body.bad,
    good: body.good,
  };
}

/** Where a diagnostic points and what else it says. `label` is the text under the primary span. */
export interface Where {
  readonly span?: Span | null | undefined;
  readonly label?: string;
  readonly secondary?: readonly Label[];
  readonly notes?: readonly string[];
  readonly fixes?: readonly Fix[];
}

/** Makes `diagnose` and `fail` over one catalog; codes and their facts are checked by the type system. */
export function catalogReporter<Catalog extends Record<string, CatalogEntry<never>>>(catalog: Catalog) {
  type Facts<Code extends keyof Catalog> = Parameters<Catalog[Code]['message']>[0];

  function diagnose<Code extends keyof Catalog & string>(code: Code, facts: Facts<Code>, where: Where = {}): Diagnostic {
    const found = catalog[code] as CatalogEntry<Facts<Code>>;
    const text = where.span ? found.replacement(facts) : null;
    const replacing = text === null || !where.span ? [] : [{ title: `write \`${text}\``, edits: [{ span: where.span, text }] }];
    const fixes = where.fixes ?? replacing;
    return {
      code,
      severity: found.severity,
      message: found.message(facts),
      primary: where.span ? { span: where.span, text: where.label ?? '' } : null,
      secondary: where.secondary ?? [],
      notes: where.notes ?? [],
      help: found.help(facts),
      ...(fixes.length > 0 ? { fixes } : {}),
    };
  }

  /** Throws one diagnostic by itself: for stages that cannot go on. */
  function fail<Code extends keyof Catalog & string>(code: Code, facts: Facts<Code>, where: Where = {}): never {
    throw new DiagnosticError([diagnose(code, facts, where)]);
  }

  return { diagnose, fail };
}
