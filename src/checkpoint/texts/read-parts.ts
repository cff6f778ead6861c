/** The parts of tokenizer.json that cut a text before its words are encoded: normalizers, and what splits into words. Functions leave. */
import { fail } from '../../diagnostics/catalog.ts';
import { describeJson, isJsonList, isJsonObject, type JsonTree } from '../json/strict-json.ts';
import { writtenAsBytes } from './byte-alphabet.ts';
import { officialPattern } from './official-pattern.ts';

export const FILE = 'tokenizer.json';

/** A stretch of text, and whether the text that is encoded begins with it. */
export interface Piece {
  readonly text: string;
  readonly isFirst: boolean;
}

export type Normalizer = (text: string) => string;
export type Splitter = (pieces: readonly Piece[]) => Piece[];

export function member(tree: JsonTree | undefined, key: string): JsonTree | undefined {
  return isJsonObject(tree) ? tree.get(key) : undefined;
}

/** R7104: a part that this reader does not know would cut texts otherwise, silently. */
export function refuse(key: string, found: JsonTree | undefined, expected: string): never {
  return fail('R7104', { file: FILE, key, found: found === undefined ? 'not there' : describeJson(found), expected });
}

function text(tree: JsonTree | undefined, key: string, at: string): string {
  const found = member(tree, key);
  return typeof found === 'string' ? found : refuse(`${at}.${key}`, found, 'a text');
}

function parts(tree: JsonTree | undefined, key: string, at: string): readonly JsonTree[] {
  const found = member(tree, key);
  return isJsonList(found) ? found : refuse(`${at}.${key}`, found, 'a list');
}

const FORMS = ['NFC', 'NFD', 'NFKC', 'NFKD'] as const;

export function readNormalizer(tree: JsonTree | undefined, at = 'normalizer'): Normalizer {
  if (tree === undefined || tree === null) return (given) => given;
  const type = member(tree, 'type');
  const form = FORMS.find((name) => name === type);
  if (form !== undefined) return (given) => given.normalize(form);
  switch (type) {
    case 'Sequence': {
      const steps = parts(tree, 'normalizers', at).map((part, i) => readNormalizer(part, `${at}.normalizers[${i}]`));
      return (given) => steps.reduce((found, step) => step(found), given);
    }
    case 'Prepend': {
      const first = text(tree, 'prepend', at);
      return (given) => (given === '' ? '' : first + given);
    }
    case 'Replace': {
      const pattern = readPattern(member(tree, 'pattern'), `${at}.pattern`);
      const content = text(tree, 'content', at);
      return (given) => given.replace(pattern, () => content);
    }
    case 'Lowercase':
      return (given) => given.toLowerCase();
    default:
      return refuse(`${at}.type`, type, `\`Sequence\`, \`Prepend\`, \`Replace\`, \`Lowercase\` or one of ${FORMS.join(', ')}`);
  }
}

function readPattern(tree: JsonTree | undefined, at: string): RegExp {
  const literal = member(tree, 'String');
  if (typeof literal === 'string') return new RegExp(escaped(literal), 'gu');
  const source = member(tree, 'Regex');
  if (typeof source !== 'string') return refuse(at, tree, 'a `String` or a `Regex`');
  return officialPattern(source) ?? refuse(`${at}.Regex`, source, 'a pattern that JavaScript has too');
}

export function escaped(literal: string): string {
  return literal.replace(/[\\^$.|?*+()[\]{}/-]/g, (found) => (found === '-' ? '\\x2d' : `\\${found}`));
}

/** How byte-level tokenizers cut text into words (GPT-2's). */
const WORDS = officialPattern("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+") as RegExp;

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
      if (behavior !== 'Isolated' && behavior !== 'Removed') return refuse(`${at}.behavior`, behavior, '`Isolated` or `Removed`');
      const inverts = member(tree, 'invert') === true;
      if (behavior === 'Isolated') return (pieces) => pieces.flatMap((piece) => isolated(piece, pattern, false));
      return (pieces) => pieces.flatMap((piece) => (inverts ? matchesOf(piece, pattern) : isolated(piece, pattern, true)));
    }
    case 'Digits': {
      const pattern = member(tree, 'individual_digits') === true ? /\p{N}/gu : /\p{N}+/gu;
      return (pieces) => pieces.flatMap((piece) => isolated(piece, pattern, false));
    }
    case 'Metaspace':
      return readMetaspace(tree, at);
    default:
      return refuse(`${at}.type`, type, '`Sequence`, `ByteLevel`, `Split`, `Digits` or `Metaspace`');
  }
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
      const whole = { ...piece, text: wants && !marked.startsWith(mark) ? mark + marked : marked };
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
