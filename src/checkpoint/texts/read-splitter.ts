/** How tokenizer.json cuts a text into words, each of which is encoded by itself. Functions leave. */
import type { JsonTree } from '../json/strict-json.ts';
import { writtenAsBytes } from './byte-alphabet.ts';
import { officialPattern } from './official-pattern.ts';
import { escaped, member, type Piece, parts, readPattern, refuse, text } from './read-parts.ts';

export type Splitter = (pieces: readonly Piece[]) => Piece[];

/** How byte-level tokenizers cut text into words (GPT-2's). */
const WORDS = officialPattern("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+") as RegExp;

const SPACE = /\p{White_Space}/gu;
/** In ASCII all that is neither letter nor digit, elsewhere what Unicode calls so. */
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/gu;
const WORD_OR_REST =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;

const KINDS = [
  'Sequence',
  'ByteLevel',
  'Split',
  'Digits',
  'Metaspace',
  'BertPreTokenizer',
  'Whitespace',
  'WhitespaceSplit',
  'Punctuation',
  'CharDelimiterSplit',
] as const;

export function readSplitter(tree: JsonTree | undefined, at = 'pre_tokenizer'): Splitter {
  if (tree === undefined || tree === null) return (pieces) => [...pieces];
  const type = member(tree, 'type');
  switch (type) {
    case 'Sequence': {
      const steps = parts(tree, 'pretokenizers', at).map((part, i) => readSplitter(part, `${at}.pretokenizers[${i}]`));
      return (pieces) => steps.reduce((found, step) => step(found), [...pieces]);
    }
    case 'ByteLevel': {
      const addsSpace = member(tree, 'add_prefix_space') === true;
      const cuts = member(tree, 'use_regex') !== false;
      return (pieces) =>
        pieces.flatMap((piece) => {
          const spaced = { ...piece, text: addsSpace && !piece.text.startsWith(' ') ? ` ${piece.text}` : piece.text };
          const words = cuts ? isolated(spaced, WORDS, false) : [spaced];
          return words.map((word) => ({ ...word, text: writtenAsBytes(word.text) }));
        });
    }
    case 'Split': {
      const pattern = readPattern(member(tree, 'pattern'), `${at}.pattern`);
      const behavior = member(tree, 'behavior');
      const inverts = member(tree, 'invert') === true;
      if (behavior === 'Removed' && inverts) return (pieces) => pieces.flatMap((piece) => matchesOf(piece, pattern));
      return readBehavior(behavior, pattern, at);
    }
    case 'Digits': {
      const pattern = member(tree, 'individual_digits') === true ? /\p{N}/gu : /\p{N}+/gu;
      return (pieces) => pieces.flatMap((piece) => isolated(piece, pattern, false));
    }
    case 'Metaspace':
      return readMetaspace(tree, at);
    case 'BertPreTokenizer':
      return (pieces) => pieces.flatMap((piece) => isolated(piece, SPACE, true)).flatMap((word) => isolated(word, PUNCTUATION, false));
    case 'Whitespace':
      return (pieces) => pieces.flatMap((piece) => matchesOf(piece, WORD_OR_REST));
    case 'WhitespaceSplit':
      return (pieces) => pieces.flatMap((piece) => isolated(piece, SPACE, true));
    case 'Punctuation':
      return readBehavior(member(tree, 'behavior') ?? 'Isolated', PUNCTUATION, at);
    case 'CharDelimiterSplit': {
      const pattern = new RegExp(escaped(text(tree, 'delimiter', at)), 'gu');
      return (pieces) => pieces.flatMap((piece) => isolated(piece, pattern, true));
    }
    default:
      return refuse(`${at}.type`, type, `one of ${KINDS.join(', ')}`);
  }
}

function readBehavior(behavior: JsonTree | undefined, pattern: RegExp, at: string): Splitter {
  if (behavior !== 'Isolated' && behavior !== 'Removed') return refuse(`${at}.behavior`, behavior, '`Isolated` or `Removed`');
  return (pieces) => pieces.flatMap((piece) => isolated(piece, pattern, behavior === 'Removed'));
}

/** Spaces are written as a mark, one is put in front where the scheme says so, and each begins a word. */
function readMetaspace(tree: JsonTree, at: string): Splitter {
  const mark = text(tree, 'replacement', at);
  const older = member(tree, 'add_prefix_space') === false ? 'never' : 'always';
  const scheme = member(tree, 'prepend_scheme') ?? older;
  if (scheme !== 'always' && scheme !== 'first' && scheme !== 'never')
    return refuse(`${at}.prepend_scheme`, scheme, '`always`, `first` or `never`');
  const splits = member(tree, 'split') !== false;
  return (pieces) =>
    pieces.flatMap((piece) => {
      const marked = piece.text.replaceAll(' ', mark);
      const wants = scheme === 'always' || (scheme === 'first' && piece.isFirst);
      const whole = { ...piece, text: wants && marked !== '' && !marked.startsWith(mark) ? mark + marked : marked };
      if (!splits) return [whole];
      const words = whole.text.split(new RegExp(`(?=${escaped(mark)})`, 'u'));
      return words.map((word, i) => ({ text: word, isFirst: piece.isFirst && i === 0 }));
    });
}

/** What matches and what lies between, each a piece; without the matches where they are dropped. */
function isolated(piece: Piece, pattern: RegExp, drops: boolean): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  const add = (start: number, end: number): void => {
    if (end > start) found.push({ text: piece.text.slice(start, end), isFirst: piece.isFirst && start === 0 });
  };
  for (const match of piece.text.matchAll(pattern)) {
    add(at, match.index);
    at = match.index + match[0].length;
    if (!drops) add(match.index, at);
  }
  add(at, piece.text.length);
  return found;
}

function matchesOf(piece: Piece, pattern: RegExp): Piece[] {
  return [...piece.text.matchAll(pattern)]
    .filter(([found]) => found !== '')
    .map((match) => ({ text: match[0], isFirst: piece.isFirst && match.index === 0 }));
}
