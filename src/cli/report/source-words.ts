/** The words of a program's source, to be coloured: by the lexer's own tokens. */
import type { SourceWord } from '../../page/data/source-word.ts';
import { sourceFile } from '../../source/source-file.ts';
import { wordsOf } from '../../syntax/words.ts';

export function sourceWords({ file, source }: { readonly file: string; readonly source: string }): SourceWord[] {
  const { words, comments } = wordsOf(sourceFile(file, source));
  return [...words, ...comments]
    .sort((a, b) => a.start - b.start)
    .map(({ kind, text, start, end }) => ({ start, end, kind: classOf(kind, text) }));
}

/** Words that no program can give a meaning of its own, and that are no functions. */
const KEYWORDS = new Set(['def', 'return', 'for', 'in', 'if', 'else', 'and', 'or', 'not', 'load', 'True', 'False']);

function classOf(kind: string, text: string): SourceWord['kind'] {
  if (kind === 'Comment') return 'comment';
  if (kind.endsWith('String')) return 'text';
  if (kind === 'Int' || kind === 'Float') return 'number';
  if (KEYWORDS.has(text)) return 'keyword';
  return kind.endsWith('Directive') ? 'directive' : 'word';
}
