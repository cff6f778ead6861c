/** The words of a map's source, to be coloured: by the lexer's own tokens. */
import type { CircuitMap } from '../../checkpoint/map/circuit-map.ts';
import type { SourceWord } from '../../page/data/page-data.ts';
import { sourceFile } from '../../source/source-file.ts';
import { wordsOf } from '../../syntax/words.ts';

export function sourceWords({ program }: CircuitMap): SourceWord[] {
  const { words, comments } = wordsOf(sourceFile(program.file, program.source));
  return [...words, ...comments].sort((a, b) => a.start - b.start).map(({ kind, start, end }) => ({ start, end, kind: classOf(kind) }));
}

function classOf(kind: string): SourceWord['kind'] {
  if (kind === 'Comment') return 'comment';
  if (kind === 'Str') return 'text';
  if (kind === 'Int' || kind === 'Float') return 'number';
  return kind.endsWith('Directive') ? 'directive' : 'word';
}
