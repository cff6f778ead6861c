/** The words of a text with their places, comments apart: for those who care about layout, which the abstract syntax does not keep. */
import type { IToken } from 'chevrotain';
import { raspLexer } from '../../grammar/rasp-grammar.ts';
import type { SourceFile } from '../source/source-file.ts';

export interface Word {
  /** The name of the token's type (`Identifier`, `LParen`, `Comment`, …). */
  readonly kind: string;
  readonly text: string;
  /** Offsets into the text; `end` is past the last character. */
  readonly start: number;
  readonly end: number;
}

export interface Words {
  readonly words: readonly Word[];
  readonly comments: readonly Word[];
}

let lexer: ReturnType<typeof raspLexer> | null = null;

/** Of a text that parses: what is no word at all is left out. */
export function wordsOf({ text }: SourceFile): Words {
  lexer ??= raspLexer();
  const { tokens, groups } = lexer.tokenize(text);
  return { words: tokens.map(wordOf), comments: (groups.comments ?? []).map(wordOf) };
}

function wordOf({ tokenType, image, startOffset }: IToken): Word {
  return { kind: tokenType.name, text: image, start: startOffset, end: startOffset + image.length };
}
