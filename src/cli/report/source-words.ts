/** The words of a program's source, to be coloured: by the lexer's own tokens. */
import type { SourceWord } from '../../page/data/source-word.ts';
import { sourceFile } from '../../source/source-file.ts';
import { wordsOf } from '../../syntax/words.ts';

export function sourceWords({ file, source }: { readonly file: string; readonly source: string }): SourceWord[] {
  const { words, comments } = wordsOf(sourceFile(file, source));
  return [...words, ...comments].sort((a, b) => a.start - b.start).map(({ kind, start, end }) => ({ start, end, kind: classOf(kind) }));
}

function classOf(kind: string): SourceWord['kind'] {
  if (kind === 'Comment') return 'comment';
  if (kind === 'Str') return 'text';
  if (kind === 'Int' || kind === 'Float') return 'number';
  return kind.endsWith('Directive') ? 'directive' : 'word';
}
