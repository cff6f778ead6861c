/**
 * Diagnostics as a person reads them: the message, the source lines with the places marked, notes and help. Colour comes from
 * a {@link Theme} that the caller gives, so that nothing here knows about terminals.
 */
import { positionAt, type SourceFile } from '../source/source-file.ts';
import type { Diagnostic, Label, Severity } from './diagnostic.ts';

/** How the parts of a rendered diagnostic are coloured. */
export interface Theme {
  severity(text: string, severity: Severity): string;
  /** The message itself. */
  message(text: string): string;
  /** Line numbers, bars and arrows. */
  frame(text: string): string;
  /** The marks under the primary place and its text. */
  primary(text: string, severity: Severity): string;
  secondary(text: string): string;
  help(text: string): string;
}

const same = (text: string): string => text;
export const PLAIN: Theme = { severity: same, message: same, frame: same, primary: same, secondary: same, help: same };

const TAB_WIDTH = 4;
/** Longer lines are shown as a window around the place. */
const MAX_COLUMNS = 140;

/** Several diagnostics, separated by a blank line, without a line break at the end. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], theme: Theme = PLAIN): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, theme)).join('\n\n');
}

export function renderDiagnostic(diagnostic: Diagnostic, theme: Theme = PLAIN): string {
  const { code, severity, message, primary } = diagnostic;
  const head = `${theme.severity(`${severity}[${code}]`, severity)}${theme.message(`: ${message}`)}`;
  const marks = [
    ...(primary === null ? [] : [{ ...primary, primary: true }]),
    ...diagnostic.secondary.map((label) => ({ ...label, primary: false })),
  ];
  const files = [...new Set(marks.map((mark) => mark.span.file))];
  const gutter = 1 + Math.max(1, ...marks.map((mark) => String(positionAt(mark.span.file, mark.span.start).line).length));
  const body = files.flatMap((file, index) =>
    renderFile(
      file,
      marks.filter((mark) => mark.span.file === file),
      gutter,
      index === 0,
      severity,
      theme,
    ),
  );
  const margin = ' '.repeat(gutter + 1);
  const remark = (kind: string, text: string): string => {
    const indent = `\n${margin}  ${' '.repeat(kind.length + 2)}`;
    return `${margin}${theme.frame('=')} ${theme.help(`${kind}:`)} ${text.replaceAll('\n', indent)}`;
  };
  const remarks = [...diagnostic.notes.map((note) => remark('note', note)), ...diagnostic.help.map((help) => remark('help', help))];
  return [head, ...body, ...remarks].join('\n');
}

type Mark = Label & { readonly primary: boolean };

function renderFile(file: SourceFile, marks: readonly Mark[], gutter: number, first: boolean, severity: Severity, theme: Theme): string[] {
  const anchor = marks.find((mark) => mark.primary) ?? marks[0];
  if (anchor === undefined) return [];
  const at = positionAt(file, anchor.span.start);
  const margin = ' '.repeat(gutter);
  const out = [`${margin}${theme.frame(first ? '-->' : ':::')} ${file.path}:${at.line}:${at.column}`, `${margin} ${theme.frame('|')}`];
  const lines = new Map<number, Mark[]>();
  for (const mark of marks) {
    const line = positionAt(file, mark.span.start).line;
    lines.set(line, [...(lines.get(line) ?? []), mark]);
  }
  let previous: number | null = null;
  for (const line of [...lines.keys()].sort((a, b) => a - b)) {
    if (previous !== null && line > previous + 1) out.push(theme.frame('...'));
    out.push(...renderLine(file, line, lines.get(line) ?? [], gutter, severity, theme));
    previous = line;
  }
  return out;
}

/** One mark as columns of the displayed line. */
interface Placed {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly primary: boolean;
}

function renderLine(file: SourceFile, line: number, marks: readonly Mark[], gutter: number, severity: Severity, theme: Theme): string[] {
  const lineStart = file.lineStarts[line - 1] ?? 0;
  const raw = lineText(file, line);
  const { text, columns } = display(raw);
  const column = (offset: number): number => columns[Math.max(0, Math.min(raw.length, offset - lineStart))] ?? 0;
  const placed = marks
    .map((mark): Placed => {
      const start = column(mark.span.start);
      return { start, end: Math.max(start + 1, column(mark.span.end)), text: mark.text, primary: mark.primary };
    })
    .sort((a, b) => a.start - b.start || Number(b.primary) - Number(a.primary));
  const view = viewport(text, placed);
  const shown = placed.map((mark) => ({
    ...mark,
    start: view.column(mark.start),
    end: Math.max(view.column(mark.start) + 1, view.column(mark.end)),
  }));
  const paint = (mark: Placed, part: string): string => (mark.primary ? theme.primary(part, severity) : theme.secondary(part));
  const bar = `${' '.repeat(gutter)} ${theme.frame('|')}`;
  const numbered = `${theme.frame(`${String(line).padStart(gutter)} |`)}${view.text === '' ? '' : ` ${view.text}`}`;
  return [numbered, ...markRows(shown, paint).map((row) => `${bar} ${row}`)];
}

/**
 * The rows under a source line. The first has all marks, and the text of the last one where nothing follows it; then one row
 * for each further text, right to left, hung from its mark by bars.
 */
function markRows(marks: readonly Placed[], paint: (mark: Placed, part: string) => string): string[] {
  const owners: (Placed | undefined)[] = [];
  for (const mark of [...marks].sort((a, b) => Number(a.primary) - Number(b.primary))) {
    for (let at = mark.start; at < mark.end; at++) owners[at] = mark;
  }
  const cells = Array.from(owners, (owner) => (owner === undefined ? ' ' : paint(owner, owner.primary ? '^' : '-')));
  const last = marks.reduce((a, b) => (b.start >= a.start ? b : a), marks[0] as Placed);
  const inline = last.text !== '' && owners.length <= last.end;
  const hung = marks.filter((mark) => mark.text !== '' && !(inline && mark === last)).reverse();
  const rows = [cells.join('') + (inline ? ` ${paint(last, last.text)}` : '')];
  hung.forEach((mark, index) => {
    const waiting = hung.slice(index + 1).filter((other) => other.start < mark.start);
    const bars = (upTo: number, including: readonly Placed[]): string => {
      let row = '';
      for (let at = 0; at < upTo; at++) {
        const owner = including.find((other) => other.start === at);
        row += owner === undefined ? ' ' : paint(owner, '|');
      }
      return row;
    };
    if (index === 0) rows.push(bars(mark.start + 1, [mark, ...waiting]));
    rows.push(bars(mark.start, waiting) + paint(mark, mark.text));
  });
  return rows;
}

function lineText(file: SourceFile, line: number): string {
  const start = file.lineStarts[line - 1] ?? 0;
  const end = file.lineStarts[line] ?? file.text.length + 1;
  return file.text.slice(start, end - 1).replace(/\r$/, '');
}

/** Tabs become spaces, other control characters `·`, and wide characters count as two columns. */
function display(raw: string): { readonly text: string; readonly columns: readonly number[] } {
  let text = '';
  let column = 0;
  const columns: number[] = [];
  for (const character of raw) {
    for (let unit = 0; unit < character.length; unit++) columns.push(column);
    const code = character.codePointAt(0) ?? 0;
    if (character === '\t') {
      const width = TAB_WIDTH - (column % TAB_WIDTH);
      text += ' '.repeat(width);
      column += width;
    } else if (isControl(code)) {
      text += '·';
      column += 1;
    } else {
      text += character;
      column += isWide(code) ? 2 : isCombining(code) ? 0 : 1;
    }
  }
  columns.push(column);
  return { text, columns };
}

/** C0 and C1 controls, and the marks that turn the direction of text: shown raw they could rewrite the terminal's line. */
function isControl(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code < 0xa0) ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    code === 0xfeff
  );
}
function isCombining(code: number): boolean {
  return (code >= 0x300 && code <= 0x36f) || (code >= 0xfe00 && code <= 0xfe0f) || code === 0x20dd;
}
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}

/** Cuts a very long line to a window around its first mark. */
function viewport(text: string, marks: readonly Placed[]): { readonly text: string; readonly column: (column: number) => number } {
  if (text.length <= MAX_COLUMNS) return { text, column: (column) => column };
  const first = marks[0]?.start ?? 0;
  const from = Math.max(0, Math.min(first - 40, text.length - MAX_COLUMNS));
  const cut = text.slice(from, from + MAX_COLUMNS);
  const before = from > 0 ? '… ' : '';
  const after = from + MAX_COLUMNS < text.length ? ' …' : '';
  return {
    text: `${before}${cut}${after}`,
    column: (column) => Math.max(0, Math.min(MAX_COLUMNS, column - from)) + before.length,
  };
}
