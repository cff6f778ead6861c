/**
 * The tokenizer of a real model, from tokenizer.json: what each of its tokens says, and which tokens a text is. Byte-level (GPT-2, Llama 3, Qwen) and
 * sentence-piece (Llama 2, Mistral) byte-pair encodings are read; any other kind is refused, since it would be cut otherwise. The form is that of
 * huggingface/tokenizers, release 0.23.
 */
import type { ModelFolder } from '../../source/byte-source.ts';
import { readRequiredJson } from '../json/read-json.ts';
import { isJsonList, isJsonObject, type JsonTree } from '../json/strict-json.ts';
import { readAsBytes, utf8Text } from './byte-alphabet.ts';
import { bytePairEncoder, byteToken } from './byte-pairs.ts';
import { escaped, FILE, member, type Piece, readNormalizer, readSplitter, refuse } from './read-parts.ts';

export interface TextTokenizer {
  readonly kind: 'byte-level' | 'sentence-piece';
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
  const model = member(tree, 'model');
  // older files do not say: byte pairs have merges
  const type = member(model, 'type') ?? (isJsonList(member(model, 'merges')) ? 'BPE' : undefined);
  if (type !== 'BPE') refuse('model.type', type, '`BPE`, as byte-level and sentence-piece tokenizers are');
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix']) {
    const found = member(model, key);
    if (found !== undefined && found !== null && found !== '') refuse(`model.${key}`, found, 'absent');
  }
  const written = readVocabulary(member(model, 'vocab'));
  const added = readAdded(member(tree, 'added_tokens'));
  const kind = usesBytes(member(tree, 'pre_tokenizer')) || usesBytes(member(tree, 'decoder')) ? 'byte-level' : 'sentence-piece';
  const size = Math.max(-1, ...written.values(), ...added.map(({ id }) => id)) + 1;
  const texts: string[] = new Array<string>(size).fill('');
  const byteFallback = member(model, 'byte_fallback') === true;
  const says = kind === 'byte-level' ? readAsBytes : sentencePiece(byteFallback);
  for (const [token, id] of written) texts[id] = says(token);
  for (const { id, content } of added) texts[id] = says(content);
  const unknown = member(model, 'unk_token');
  const encodeWord = remembering(
    bytePairEncoder({
      ids: written,
      merges: readMerges(member(model, 'merges')),
      byteFallback,
      unknown: typeof unknown === 'string' ? (written.get(unknown) ?? null) : null,
      fuseUnknown: member(model, 'fuse_unk') === true,
      ignoreMerges: member(model, 'ignore_merges') === true,
    }),
  );
  const normalize = readNormalizer(member(tree, 'normalizer'));
  const split = readSplitter(member(tree, 'pre_tokenizer'));
  const early = addedCutter(added.filter(({ isNormalized }) => !isNormalized));
  const late = addedCutter(added.filter(({ isNormalized }) => isNormalized));
  const special = new Set(added.filter(({ isSpecial }) => isSpecial).map(({ id }) => id));
  const encodePiece = (piece: Piece): number[] => split([piece]).flatMap(({ text }) => encodeWord(text));
  const encode = (text: string): number[] =>
    early({ text, isFirst: true }).flatMap((part) => {
      if (typeof part === 'number') return [part];
      return late({ ...part, text: normalize(part.text) }).flatMap((rest) => (typeof rest === 'number' ? [rest] : encodePiece(rest)));
    });
  return { kind, texts, special, encode };
}

function readVocabulary(tree: JsonTree | undefined): Map<string, number> {
  if (!isJsonObject(tree)) return refuse('model.vocab', tree, 'an object of ids');
  return new Map([...tree].map(([token, id]) => [token, idOf(id, 'model.vocab')]));
}

/** No model has as many tokens. */
const LARGEST_ID = 2n ** 24n;

function idOf(tree: JsonTree | undefined, at: string): number {
  return typeof tree === 'bigint' && tree >= 0n && tree < LARGEST_ID ? Number(tree) : refuse(at, tree, 'an id');
}

/** Pairs, or in older files texts with a space between. */
function readMerges(tree: JsonTree | undefined): (readonly [string, string])[] {
  if (!isJsonList(tree)) return refuse('model.merges', tree, 'a list of pairs');
  return tree.map((pair): readonly [string, string] => {
    const [left, right, ...more] = typeof pair === 'string' ? pair.split(' ') : isJsonList(pair) ? pair : [];
    if (typeof left !== 'string' || typeof right !== 'string' || more.length > 0) return refuse('model.merges', pair, 'pairs of tokens');
    return [left, right];
  });
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

function usesBytes(tree: JsonTree | undefined): boolean {
  if (member(tree, 'type') === 'ByteLevel') return true;
  return ['pretokenizers', 'decoders'].some((key) => {
    const parts = member(tree, key);
    return isJsonList(parts) && parts.some(usesBytes);
  });
}

/** How sentence-piece writes a space. */
const SPACE = '▁';

function sentencePiece(byteFallback: boolean): (token: string) => string {
  const bytes = new Map(byteFallback ? Array.from({ length: 256 }, (_, byte) => [byteToken(byte), byte] as const) : []);
  return (token) => {
    const byte = bytes.get(token);
    return byte === undefined ? token.replaceAll(SPACE, ' ') : utf8Text([byte]);
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
