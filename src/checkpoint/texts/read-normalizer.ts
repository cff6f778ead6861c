/** What tokenizer.json does to a text before it is cut: forms of Unicode, replacements, BERT's cleaning, SentencePiece's maps. Functions leave. */
import type { JsonTree } from '../json/strict-json.ts';
import { readCharacterMap } from './character-map.ts';
import { member, type Piece, parts, readPattern, refuse, text } from './read-parts.ts';

export type Normalizer = (piece: Piece) => Piece;

/** What keeps every character, or puts others in its place. */
function mapping(change: (text: string) => string): Normalizer {
  return (given) => ({ ...given, text: change(given.text) });
}

/** A text whose first character has been dropped, or made one with the next, is no first one any more: the official reader has it so. */
function replacing(pattern: RegExp, content: string): Normalizer {
  return ({ text: given, isFirst }) => {
    const [first] = isFirst ? given.matchAll(pattern) : [];
    const isLost = first?.index === 0 && (content === '' || [...first[0]].length > 1);
    return { text: given.replace(pattern, () => content), isFirst: isFirst && !isLost };
  };
}

function without(pattern: RegExp): Normalizer {
  return replacing(pattern, '');
}

function inTurn(steps: readonly Normalizer[]): Normalizer {
  return (given) => steps.reduce((found, step) => step(found), given);
}

const FORMS = ['NFC', 'NFD', 'NFKC', 'NFKD'] as const;
const OTHERS = ['Sequence', 'Prepend', 'Replace', 'Lowercase', 'Strip', 'StripAccents', 'Nmt', 'BertNormalizer', 'Precompiled'] as const;
const KINDS: readonly string[] = [...OTHERS, ...FORMS];

export function readNormalizer(tree: JsonTree | undefined, at = 'normalizer'): Normalizer {
  if (tree === undefined || tree === null) return (given) => given;
  const type = member(tree, 'type');
  const form = FORMS.find((name) => name === type);
  if (form !== undefined) return mapping((given) => given.normalize(form));
  switch (type) {
    case 'Sequence':
      return inTurn(parts(tree, 'normalizers', at).map((part, i) => readNormalizer(part, `${at}.normalizers[${i}]`)));
    case 'Prepend': {
      const first = text(tree, 'prepend', at);
      return mapping((given) => (given === '' ? '' : first + given));
    }
    case 'Replace': {
      const pattern = readPattern(member(tree, 'pattern'), `${at}.pattern`);
      const content = text(tree, 'content', at);
      return replacing(pattern, content);
    }
    case 'Lowercase':
      return mapping(lowercase);
    case 'Strip': {
      const [left, right] = [member(tree, 'strip_left') !== false, member(tree, 'strip_right') !== false];
      return inTurn([...(left ? [without(/^\p{White_Space}+/gu)] : []), ...(right ? [without(/\p{White_Space}+$/gu)] : [])]);
    }
    case 'StripAccents':
      return without(/\p{M}/gu);
    case 'Nmt':
      return inTurn([without(NMT_DROPS), mapping((given) => given.replace(NMT_SPACES, ' '))]);
    case 'BertNormalizer':
      return bertNormalizer(tree);
    case 'Precompiled': {
      const found = member(tree, 'precompiled_charsmap');
      const map = readCharacterMap(typeof found === 'string' ? found : '');
      return mapping(map ?? refuse(`${at}.precompiled_charsmap`, found, 'a map of characters as SentencePiece writes it'));
    }
    default:
      return refuse(`${at}.type`, type, `one of ${KINDS.join(', ')}`);
  }
}

/** A character at a time, so that a sigma at the end of a word is like any other. */
function lowercase(given: string): string {
  return Array.from(given, (character) => character.toLowerCase()).join('');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that machine translation leaves out
const NMT_DROPS = /[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]/g;
const NMT_SPACES = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g;

/** Ideographs, each of which is a word to BERT. The gap at U+2B820 is the official reader's. */
const IDEOGRAPHS =
  /[\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{f900}-\u{faff}\u{2f800}-\u{2fa1f}]/gu;

function bertNormalizer(tree: JsonTree | undefined): Normalizer {
  const lowers = member(tree, 'lowercase') !== false;
  const asked = member(tree, 'strip_accents');
  const strips = typeof asked === 'boolean' ? asked : lowers;
  const steps: Normalizer[] = [];
  if (member(tree, 'clean_text') !== false)
    steps.push(
      without(/(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\ufffd]/gu),
      mapping((given) => given.replace(/\p{White_Space}/gu, ' ')),
    );
  if (member(tree, 'handle_chinese_chars') !== false) steps.push(mapping((given) => given.replace(IDEOGRAPHS, ' $& ')));
  if (strips)
    steps.push(
      mapping((given) => given.normalize('NFD')),
      without(/\p{Mn}/gu),
    );
  if (lowers) steps.push(mapping(lowercase));
  return inTurn(steps);
}
