/**
 * The tokenizer of a real model, from tokenizer.json: what each of its tokens says, and which tokens a text is. Byte-pair encodings (GPT-2, Llama), Unigram
 * (T5, XLM-R) and WordPiece (BERT) are read; any other kind is refused, since it would be cut otherwise. The form is that of huggingface/tokenizers,
 * release 0.23.
 */
import type { ModelFolder } from '../../source/byte-source.ts';
import { readRequiredJson } from '../json/read-json.ts';
import { isJsonList, type JsonTree } from '../json/strict-json.ts';
import { type ModelKind, readModel } from './read-model.ts';
import { readNormalizer } from './read-normalizer.ts';
import { escaped, FILE, idOf, member, type Piece, refuse } from './read-parts.ts';
import { readSplitter } from './read-splitter.ts';

export interface TextTokenizer {
  readonly kind: ModelKind;
  /**
   * What each token says, by id: as it is decoded, the space before it kept. Bytes that are no whole character say U+FFFD, special tokens their
   * name, and ids without a token nothing.
   */
  readonly texts: readonly string[];
  /** Ids of tokens that no text is cut into: beginning of text, padding. */
  readonly special: ReadonlySet<number>;
  /** The tokens of a text, without those that a model puts around it. */
  readonly encode: (text: string) => number[];
}

interface Added {
  readonly id: number;
  readonly content: string;
  readonly isSpecial: boolean;
  readonly isNormalized: boolean;
  /** Its content, with the white space that it takes and the neighbours that it refuses. */
  readonly pattern: string;
}

/** Diagnostics: R7010, R7101, R7404 and R7104. */
export function readTextTokenizer(folder: ModelFolder, file: string = FILE): TextTokenizer {
  const tree = readRequiredJson(folder, file);
  const model = readModel(tree);
  const added = readAdded(member(tree, 'added_tokens'));
  const { kind, written, says } = model;
  const size = [...written.map(([, id]) => id), ...added.map(({ id }) => id)].reduce((most, id) => Math.max(most, id), -1) + 1;
  const texts: string[] = new Array<string>(size).fill('');
  for (const [token, id] of written) texts[id] = says(token);
  for (const { id, content } of added) texts[id] = says(content);
  const encodeWord = remembering(model.encode);
  const normalize = readNormalizer(member(tree, 'normalizer'));
  const split = readSplitter(member(tree, 'pre_tokenizer'));
  const early = addedCutter(added.filter(({ isNormalized }) => !isNormalized));
  const late = addedCutter(added.filter(({ isNormalized }) => isNormalized));
  const special = new Set(added.filter(({ isSpecial }) => isSpecial).map(({ id }) => id));
  const encodePiece = (piece: Piece): number[] => split([piece]).flatMap(({ text }) => encodeWord(text));
  const encode = (text: string): number[] =>
    early({ text, isFirst: true }).flatMap((part) => {
      if (typeof part === 'number') return [part];
      return late(normalize(part)).flatMap((rest) => (typeof rest === 'number' ? [rest] : encodePiece(rest)));
    });
  return { kind, texts, special, encode };
}

function readAdded(tree: JsonTree | undefined): Added[] {
  return (isJsonList(tree) ? tree : []).map((token) => {
    const content = member(token, 'content');
    if (typeof content !== 'string' || content === '') return refuse('added_tokens', content, 'tokens with a content');
    const is = (key: string): boolean => member(token, key) === true;
    const word = is('single_word') ? ['(?<![\\p{L}\\p{N}_])', '(?![\\p{L}\\p{N}_])'] : ['', ''];
    const pattern = `${is('lstrip') ? '\\p{White_Space}*' : ''}${word[0]}${escaped(content)}${word[1]}${is('rstrip') ? '\\p{White_Space}*' : ''}`;
    return { id: idOf(member(token, 'id'), 'added_tokens'), content, isSpecial: is('special'), isNormalized: is('normalized'), pattern };
  });
}

/** Cuts added tokens out of a text, the longest that fits: their ids, and what lies between. */
function addedCutter(added: readonly Added[]): (piece: Piece) => (number | Piece)[] {
  if (added.length === 0) return (piece) => [piece];
  const ordered = added.toSorted((a, b) => b.content.length - a.content.length);
  const pattern = new RegExp(ordered.map((token) => `(${token.pattern})`).join('|'), 'gu');
  return ({ text, isFirst }) => {
    const found: (number | Piece)[] = [];
    let at = 0;
    for (const match of text.matchAll(pattern)) {
      if (match.index > at) found.push({ text: text.slice(at, match.index), isFirst: isFirst && at === 0 });
      const which = match.slice(1).findIndex((group) => group !== undefined);
      found.push(ordered[which]?.id as number);
      at = match.index + match[0].length;
    }
    if (at < text.length) found.push({ text: text.slice(at), isFirst: isFirst && at === 0 });
    return found;
  };
}

/** Words of up to so many characters are remembered, so many of them. */
const REMEMBERED = { length: 64, words: 2 ** 16 };

function remembering(encode: (word: string) => number[]): (word: string) => readonly number[] {
  const known = new Map<string, number[]>();
  return (word) => {
    const found = known.get(word);
    if (found !== undefined) return found;
    const ids = encode(word);
    if (word.length <= REMEMBERED.length && known.size < REMEMBERED.words) known.set(word, ids);
    return ids;
  };
}
