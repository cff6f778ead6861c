/**
 * `raspc fmt`: the one style of RASP. A statement a line, two columns a block, a line of at most 100 columns, at most one blank line, comments
 * where they were. Enters the text of a program, leaves the text in that style, which means the same word for word.
 */
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { type SourceFile, sourceFile } from '../source/source-file.ts';
import { parseSource } from '../syntax/parse.ts';
import { printModule } from '../syntax/print.ts';
import { wordsOf } from '../syntax/words.ts';
import { layOut, trimmed, WIDTH } from './layout.ts';
import { type Piece, piecesOf } from './pieces.ts';

/** Throws a DiagnosticError where the text does not parse: what is not understood is left alone. */
export function formatSource(file: SourceFile): string {
  const { ast, diagnostics } = parseSource(file);
  if (ast === null) throw new DiagnosticError(diagnostics);
  const { words, comments } = wordsOf(file);
  const text = print(piecesOf(file.text, words, comments));
  assertSame(file, ast, text);
  return text;
}

/** A line, and the comment behind it, which is lined up with its neighbours'. */
interface Line {
  readonly text: string;
  readonly comment: string | null;
}

function print(pieces: readonly Piece[]): string {
  const lines: (Line | null)[] = [];
  pieces.forEach((piece, index) => {
    const { kind, depth, parts, comment, isAfterBlank } = piece;
    const previous = pieces[index - 1];
    const isFirst = previous === undefined || previous.kind === 'open';
    if (isAfterBlank && !isFirst && kind !== 'close') lines.push(null);
    const indent = '  '.repeat(depth);
    if (kind === 'comment') {
      lines.push({ text: `${indent}${trimmed(comment?.text ?? '')}`, comment: null });
      return;
    }
    const own = layOut(parts, indent).split('\n');
    const above = (parts[0]?.before ?? []).map(({ text }) => `${indent}${trimmed(text)}`);
    for (const text of above) lines.push({ text, comment: null });
    own.forEach((text, at) => {
      const isLast = at === own.length - 1;
      lines.push({ text: at === 0 ? `${indent}${text}` : text, comment: isLast && comment !== null ? trimmed(comment.text) : null });
    });
  });
  return aligned(lines)
    .map((line) => `${line}\n`)
    .join('');
}

/** Comments behind neighbouring lines stand in one column, where all of them fit. */
function aligned(lines: readonly (Line | null)[]): string[] {
  const result: string[] = [];
  for (let from = 0; from < lines.length; ) {
    let to = from;
    while (to < lines.length && lines[to]?.comment != null) to++;
    const group = lines.slice(from, to) as readonly Line[];
    const column = Math.max(0, ...group.map(({ text }) => text.length));
    const fits = group.every(({ comment }) => column + 2 + (comment?.length ?? 0) <= WIDTH);
    for (const { text, comment } of group) result.push(`${fits ? text.padEnd(column) : text}  ${comment}`);
    if (to < lines.length) result.push(lines[to]?.text ?? '');
    from = to + 1;
  }
  return result;
}

/** Layout is all that may change: the same words in the same order, comments among them, and the same syntax. */
function assertSame(file: SourceFile, ast: NonNullable<ReturnType<typeof parseSource>['ast']>, text: string): void {
  const formatted = sourceFile(file.path, text);
  const after = parseSource(formatted).ast;
  const contentOf = (source: SourceFile) => {
    const { words, comments } = wordsOf(source);
    return [words.map((word) => word.text).join(''), comments.map((comment) => trimmed(comment.text)).join('\n')].join('\n');
  };
  if (after === null || printModule(after) !== printModule(ast) || contentOf(formatted) !== contentOf(file)) {
    throw new Error(`formatting would change \`${file.path}\``);
  }
}
