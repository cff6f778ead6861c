/** Diagnostics as programs read them: the JSON of `raspc check --format json`, and annotations of GitHub's workflow log. */
import { positionAt } from '../source/source-file.ts';
import type { Diagnostic, Fix, Severity } from './diagnostic.ts';

/** One diagnostic as JSON; the place is absent where no source is at fault. Lines and columns are one-based. */
export interface DiagnosticJson {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  readonly labels: readonly { readonly file: string; readonly line: number; readonly column: number; readonly text: string }[];
  readonly notes: readonly string[];
  readonly help: readonly string[];
  /** Changes of the text that mend it, each complete; absent where none is known. */
  readonly fixes?: readonly FixJson[];
}

/** Lines and columns as those of the diagnostic. */
export interface FixJson {
  readonly title: string;
  readonly edits: readonly {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly endLine: number;
    readonly endColumn: number;
    readonly text: string;
  }[];
}

export function diagnosticToJson(diagnostic: Diagnostic): DiagnosticJson {
  const { code, severity, message, primary, secondary, notes, help } = diagnostic;
  const all = primary === null || primary.text === '' ? secondary : [primary, ...secondary];
  const labels = all.map(({ span, text }) => ({ file: span.file.path, ...positionAt(span.file, span.start), text }));
  const fixes = diagnostic.fixes === undefined ? {} : { fixes: diagnostic.fixes.map(fixToJson) };
  if (primary === null) return { code, severity, message, labels, notes, help };
  const { file, start, end } = primary.span;
  const from = positionAt(file, start);
  const to = positionAt(file, end);
  return {
    code,
    severity,
    message,
    file: file.path,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
    labels,
    notes,
    help,
    ...fixes,
  };
}

function fixToJson({ title, edits }: Fix): FixJson {
  return {
    title,
    edits: edits.map(({ span: { file, start, end }, text }) => {
      const { line, column } = positionAt(file, start);
      const to = positionAt(file, end);
      return { file: file.path, line, column, endLine: to.line, endColumn: to.column, text };
    }),
  };
}

/** A line such as `::error file=a.rasp,line=1,col=5,title=R2001::there is no …`, which GitHub shows beside the source. */
export function diagnosticToGithub(diagnostic: Diagnostic): string {
  const { code, severity, message, primary, notes, help } = diagnostic;
  const command = severity === 'note' ? 'notice' : severity;
  const properties: string[] = [];
  if (primary !== null) {
    const { file, start, end } = primary.span;
    const from = positionAt(file, start);
    const to = positionAt(file, end);
    properties.push(`file=${escapeProperty(file.path)}`, `line=${from.line}`, `endLine=${to.line}`, `col=${from.column}`);
    if (from.line === to.line) properties.push(`endColumn=${to.column}`);
  }
  properties.push(`title=${code}`);
  const text = [message, ...notes.map((note) => `note: ${note}`), ...help.map((line) => `help: ${line}`)].join('\n');
  return `::${command} ${properties.join(',')}::${escapeData(text)}`;
}

/** Data of a workflow command: one line. */
export function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
