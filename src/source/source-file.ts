/**
 * A source text with its line table, and spans of it. Everything that a diagnostic, a picture or a circuit map says about
 * "where" is a {@link Span}.
 */

export interface SourceFile {
  /** The path as the user wrote it, or `<input>` for text that came from no file. */
  readonly path: string;
  readonly text: string;
  /** Offset of the first character of every line. */
  readonly lineStarts: readonly number[];
}

/** Half-open range of UTF-16 offsets into one file. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** One-based line and column (in UTF-16 units), as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export function sourceFile(path: string, text: string): SourceFile {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { path, text, lineStarts };
}

export function positionAt(file: SourceFile, offset: number): Position {
  let low = 0;
  let high = file.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((file.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (file.lineStarts[low] ?? 0) + 1 };
}

export function spanText(span: Span): string {
  return span.file.text.slice(span.start, span.end);
}

/** `programs/hist.rasp:4:8-4:50`, the form used in raspc.json. */
export function formatSpan(span: Span): string {
  const from = positionAt(span.file, span.start);
  const to = positionAt(span.file, span.end);
  return `${span.file.path}:${from.line}:${from.column}-${to.line}:${to.column}`;
}

/** The span of `file` that {@link formatSpan} wrote so; null where the text is of another file, or of no place in it. */
export function parseSpan(file: SourceFile, text: string): Span | null {
  if (!text.startsWith(`${file.path}:`)) return null;
  const place = /^(\d+):(\d+)-(\d+):(\d+)$/.exec(text.slice(file.path.length + 1));
  if (place === null) return null;
  const [fromLine = 0, fromColumn = 0, toLine = 0, toColumn = 0] = place.slice(1).map(Number);
  const start = (file.lineStarts[fromLine - 1] ?? Number.NaN) + fromColumn - 1;
  const end = (file.lineStarts[toLine - 1] ?? Number.NaN) + toColumn - 1;
  return start >= 0 && start <= end && end <= file.text.length ? { file, start, end } : null;
}

/** The smallest span that covers both; they must lie in one file. */
export function spanCover(a: Span, b: Span): Span {
  return { file: a.file, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}
