/** What raspc says of a text in the words of the language server protocol: lines and characters from 0, and the protocol's numbers for kinds. */

import type * as lsp from 'vscode-languageserver';
import { CompletionItemKind, DiagnosticSeverity, FoldingRangeKind, SymbolKind } from 'vscode-languageserver';
import type { Diagnostic, Severity, TextEdit } from '../../diagnostics/diagnostic.ts';
import type { Completion } from '../../language/completion.ts';
import { type Fold, type Outlined, TOKEN_KINDS, TOKEN_MODIFIERS, type Token } from '../../language/outline.ts';
import { positionAt, type SourceFile, type Span } from '../../source/source-file.ts';

export function rangeOf({ file, start, end }: Span): lsp.Range {
  return { start: placeOf(file, start), end: placeOf(file, end) };
}

export function placeOf(file: SourceFile, offset: number): lsp.Position {
  const { line, column } = positionAt(file, offset);
  return { line: line - 1, character: column - 1 };
}

/** The offset of a position; past the end of a line it is that end, as the protocol has it. */
export function offsetOf({ lineStarts, text }: SourceFile, { line, character }: lsp.Position): number {
  const start = lineStarts[line];
  if (start === undefined) return text.length;
  const end = (lineStarts[line + 1] ?? text.length + 1) - 1;
  return Math.min(start + character, end);
}

const SEVERITIES: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  note: DiagnosticSeverity.Information,
};

/** @param uriOf where a file is, for labels that point into it */
export function diagnosticOf(diagnostic: Diagnostic, file: SourceFile, uriOf: (file: SourceFile) => string): lsp.Diagnostic {
  const { code, severity, message, primary, secondary, notes, help } = diagnostic;
  const isHere = primary !== null && primary.span.file === file;
  const related = [...(primary !== null && !isHere ? [{ span: primary.span, text: message }] : []), ...secondary];
  const text = [message, ...notes.map((note) => `note: ${note}`), ...help.map((line) => `help: ${line}`)].join('\n');
  return {
    code,
    source: 'raspc',
    severity: SEVERITIES[severity],
    message: text,
    range: isHere ? rangeOf(primary.span) : { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } },
    relatedInformation: related.map((label) => ({
      location: { uri: uriOf(label.span.file), range: rangeOf(label.span) },
      message: label.text === '' ? message : label.text,
    })),
    ...(code === 'W2001' || code === 'W2002' ? { tags: [1 satisfies typeof lsp.DiagnosticTag.Unnecessary] } : {}),
  };
}

export function editOf({ span, text }: TextEdit): lsp.TextEdit {
  return { range: rangeOf(span), newText: text };
}

const COMPLETIONS: Readonly<Record<Completion['kind'], CompletionItemKind>> = {
  function: CompletionItemKind.Function,
  value: CompletionItemKind.Variable,
  parameter: CompletionItemKind.Variable,
  keyword: CompletionItemKind.Keyword,
  directive: CompletionItemKind.Keyword,
  file: CompletionItemKind.File,
};

export function completionOf({ label, kind, detail, meaning, replaces }: Completion, at: lsp.Position): lsp.CompletionItem {
  const start = { line: at.line, character: at.character - replaces };
  return { label, kind: COMPLETIONS[kind], detail, documentation: meaning, textEdit: { range: { start, end: at }, newText: label } };
}

const SYMBOLS: Readonly<Record<Outlined['kind'], SymbolKind>> = {
  function: SymbolKind.Function,
  variable: SymbolKind.Variable,
  directive: SymbolKind.Property,
};

export function symbolOf({ name, detail, kind, span, nameSpan, children }: Outlined): lsp.DocumentSymbol {
  return { name, detail, kind: SYMBOLS[kind], range: rangeOf(span), selectionRange: rangeOf(nameSpan), children: children.map(symbolOf) };
}

export function foldOf({ from, to, kind }: Fold): lsp.FoldingRange {
  return { startLine: from - 1, endLine: to - 1, ...(kind === 'comment' ? { kind: FoldingRangeKind.Comment } : {}) };
}

/** Five numbers a token, lines and characters from the one before. */
export function tokenData(file: SourceFile, tokens: readonly Token[]): number[] {
  let line = 0;
  let character = 0;
  return tokens.flatMap(({ start, end, kind, modifiers }) => {
    const at = placeOf(file, start);
    const data = [at.line - line, at.line === line ? at.character - character : at.character, end - start];
    line = at.line;
    character = at.character;
    const bits = modifiers.reduce((sum, modifier) => sum | (1 << TOKEN_MODIFIERS.indexOf(modifier)), 0);
    return [...data, TOKEN_KINDS.indexOf(kind), bits];
  });
}
