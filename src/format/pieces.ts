/**
 * A program's words as lines to be laid out: a statement, the head of a block, its end, or a comment of its own line, each with its depth and
 * whether a blank line stood before it. Enters words, leaves pieces.
 */
import type { Word } from '../syntax/words.ts';

/** A word of a statement, with the comment that stands behind it on its line and those that stand on lines before it. */
export interface Part {
  readonly word: Word;
  readonly before: readonly Word[];
  readonly behind: Word | null;
}

export interface Piece {
  readonly kind: 'statement' | 'open' | 'close' | 'comment';
  /** How many blocks it stands in. */
  readonly depth: number;
  readonly isAfterBlank: boolean;
  /** Empty for a comment. */
  readonly parts: readonly Part[];
  /** The comment itself, or the one behind the last word. */
  readonly comment: Word | null;
}

const OPENERS = new Set(['LParen', 'LBracket', 'LBrace', 'SelectOpen', 'AggregateOpen', 'RangeOpen', 'ZipOpen', 'LenOpen']);
const CLOSERS = new Set(['RParen', 'RBracket', 'RBrace']);
const BLOCK_WORDS = new Set(['Def', 'For']);
const ENDS_AN_EXPRESSION = new Set(['Identifier', 'Int', 'Float', 'String', ...CLOSERS]);
/** Sentences of the REPL, which end with their line. */
const SENTENCES = new Set(['Set', 'Show', 'Examples', 'Example', 'SOp', 'Selector', 'FullSeqDisplay', 'Exit', 'Quit']);

export const opensBracket = ({ kind, text }: Word): boolean => OPENERS.has(kind) || text.endsWith('(');
export const closesBracket = ({ kind }: Word): boolean => CLOSERS.has(kind);

export function piecesOf(text: string, words: readonly Word[], comments: readonly Word[]): Piece[] {
  const pieces: Piece[] = [];
  let nextComment = 0;
  let lastEnd = 0;
  let depth = 0;
  let brackets = 0;
  let parts: Part[] = [];
  let before: Word[] = [];
  let isAfterBlank = false;

  const startsOnNewLine = (word: Word) => text.slice(lastEnd, word.start).includes('\n') || lastEnd === 0;
  const blankBefore = (word: Word) => lastEnd > 0 && /\n[ \t\r]*\n/.test(text.slice(lastEnd, word.start));
  const emit = (kind: Piece['kind'], at: number) => {
    const last = parts.at(-1) as Part;
    pieces.push({ kind, depth: at, isAfterBlank, parts: [...parts.slice(0, -1), { ...last, behind: null }], comment: last.behind });
    parts = [];
    brackets = 0;
  };
  /** Comments up to an offset: behind the last word, or on lines of their own. */
  const takeComments = (until: number) => {
    for (; nextComment < comments.length; nextComment++) {
      const comment = comments[nextComment] as Word;
      if (comment.start >= until) return;
      if (!startsOnNewLine(comment)) attach(comment);
      else if (parts.length === 0) pieces.push({ kind: 'comment', depth, isAfterBlank: blankBefore(comment), parts: [], comment });
      else before.push(comment);
      lastEnd = comment.end;
    }
  };
  /** To the word that a comment stands behind: the last of a statement that goes on, or of the piece that has ended. */
  const attach = (comment: Word) => {
    const last = parts.pop();
    if (last !== undefined) {
      parts.push({ ...last, behind: comment });
      return;
    }
    const piece = pieces.pop();
    if (piece === undefined || piece.comment !== null) throw new Error('a comment stands behind nothing');
    pieces.push({ ...piece, comment });
  };

  words.forEach((word, index) => {
    takeComments(word.start);
    if (parts.length === 0) isAfterBlank = blankBefore(word);
    const previous = parts.at(-1)?.word;
    const isBlock = BLOCK_WORDS.has(parts[0]?.word.kind ?? '') && brackets === 0;
    const isClose = word.kind === 'RBrace' && parts.length === 0;
    parts.push({ word, before, behind: null });
    before = [];
    lastEnd = word.end;
    if (isClose) {
      depth--;
      emit('close', depth);
    } else if (word.kind === 'LBrace' && isBlock && previous !== undefined && ENDS_AN_EXPRESSION.has(previous.kind)) {
      emit('open', depth);
      depth++;
    } else if (word.kind === 'Semicolon' && brackets === 0) {
      emit('statement', depth);
    } else {
      if (opensBracket(word)) brackets++;
      else if (closesBracket(word)) brackets--;
      const next = words[index + 1];
      const endsLine = next === undefined || text.slice(word.end, next.start).includes('\n');
      if (SENTENCES.has(parts[0]?.word.kind ?? '') && endsLine && brackets === 0 && next?.kind !== 'Semicolon') emit('statement', depth);
    }
  });
  takeComments(text.length + 1);
  if (parts.length > 0) emit('statement', depth);
  return pieces;
}
