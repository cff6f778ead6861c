/** `# raspc: allow W…`: which warnings a program means, and which of these comments speak of nothing (W2005). */
import { CATALOG, diagnose } from '../diagnostics/catalog.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { SourceFile, Span } from '../source/source-file.ts';
import type * as ast from '../syntax/ast.ts';
import { everyStatement } from '../syntax/walk.ts';
import { type Word, wordsOf } from '../syntax/words.ts';

const ALLOW = /#\s*raspc:\s*allow\s+(.*)$/;

interface Allowance {
  readonly code: string;
  /** The code in the comment. */
  readonly at: Span;
  /** Where it holds: a line, or a statement. */
  readonly from: number;
  readonly to: number;
  readonly comment: Span;
}

export function exceptAllowed(diagnostics: readonly Diagnostic[], module: ast.Module): Diagnostic[] {
  const allowances = allowancesOf(module);
  const used = new Set<Allowance>();
  const kept = diagnostics.filter(({ code, primary }) => {
    const by = allowances.filter(
      (each) => each.code === code && primary !== null && each.from <= primary.span.start && primary.span.start < each.to,
    );
    for (const each of by) used.add(each);
    return by.length === 0;
  });
  const idle = allowances.filter((each) => !used.has(each));
  return [...kept, ...idle.map(({ code, at, comment }) => speaksOfNothing(code, at, comment))];
}

function speaksOfNothing(code: string, span: Span, comment: Span): Diagnostic {
  const { file, start, end } = comment;
  const before = file.text.slice(0, start).match(/[ \t]*$/)?.[0].length ?? 0;
  const isOwnLine = before === start || file.text[start - before - 1] === '\n';
  const whole = { file, start: start - before, end: isOwnLine && file.text[end] === '\n' ? end + 1 : end };
  const fixes = [{ title: 'leave the comment out', edits: [{ span: whole, text: '' }] }];
  return diagnose('W2005', { code, isKnown: code.startsWith('W') && Object.hasOwn(CATALOG, code) }, { span, fixes });
}

function allowancesOf({ file, statements }: ast.Module): Allowance[] {
  if (!file.text.includes('raspc:')) return [];
  const { words, comments } = wordsOf(file);
  const all = everyStatement(statements);
  return comments.flatMap((comment) => {
    const list = ALLOW.exec(comment.text)?.[1];
    if (list === undefined) return [];
    const { from, to } = scopeOf(comment, file, words, all);
    return [...list.matchAll(/\b[A-Z]\d{4}\b/g)].map(({ 0: code, index }) => {
      const start = comment.start + comment.text.lastIndexOf(list) + index;
      const whole = { file, start: comment.start, end: comment.end };
      return { code, at: { file, start, end: start + code.length }, from, to, comment: whole };
    });
  });
}

function scopeOf(comment: Word, file: SourceFile, words: readonly Word[], all: readonly ast.Statement[]): { from: number; to: number } {
  const lineStart = file.text.lastIndexOf('\n', comment.start - 1) + 1;
  if (file.text.slice(lineStart, comment.start).trim() !== '') return { from: lineStart, to: comment.end };
  const next = words.find(({ start }) => start > comment.start)?.start;
  const statement = all.find(({ span }) => span.start === next);
  return { from: statement?.span.start ?? 0, to: statement?.span.end ?? 0 };
}
