/** The model of tokenizer.json: the ids of one word, and what its tokens say when they are decoded behind another. */
import { isJsonList, isJsonObject, type JsonTree } from '../json/strict-json.ts';
import { readAsBytes, utf8Text } from './byte-alphabet.ts';
import { bytePairEncoder, byteToken } from './byte-pairs.ts';
import { idOf, member, refuse } from './read-parts.ts';
import { unigramEncoder } from './unigram.ts';
import { wordPieceEncoder, wordPieceText } from './word-pieces.ts';

export type ModelKind = 'byte-level' | 'sentence-piece' | 'word-piece';

export interface WordModel {
  readonly kind: ModelKind;
  /** Tokens as they are written in the file, and their ids. */
  readonly written: readonly (readonly [string, number])[];
  readonly says: (token: string) => string;
  readonly encode: (word: string) => number[];
}

export function readModel(tree: JsonTree): WordModel {
  const model = member(tree, 'model');
  const merges = member(model, 'merges');
  const vocabulary = member(model, 'vocab');
  // older files do not say: byte pairs have merges, and Unigram a list of scores
  const type = member(model, 'type') ?? (isJsonList(merges) ? 'BPE' : isJsonList(vocabulary) ? 'Unigram' : 'WordPiece');
  switch (type) {
    case 'BPE':
      return readBytePairs(tree, model);
    case 'Unigram':
      return readUnigram(tree, model);
    case 'WordPiece':
      return readWordPieces(tree, model);
    default:
      return refuse('model.type', type, '`BPE`, `Unigram` or `WordPiece`');
  }
}

function readBytePairs(tree: JsonTree, model: JsonTree | undefined): WordModel {
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix']) {
    const found = member(model, key);
    if (found !== undefined && found !== null && found !== '') refuse(`model.${key}`, found, 'absent');
  }
  const ids = readVocabulary(member(model, 'vocab'));
  const kind = usesBytes(tree) ? 'byte-level' : 'sentence-piece';
  const byteFallback = member(model, 'byte_fallback') === true;
  const unknown = member(model, 'unk_token');
  return {
    kind,
    written: [...ids],
    says: kind === 'byte-level' ? readAsBytes : sentencePiece(byteFallback),
    encode: bytePairEncoder({
      ids,
      merges: readMerges(member(model, 'merges')),
      byteFallback,
      unknown: typeof unknown === 'string' ? (ids.get(unknown) ?? null) : null,
      fuseUnknown: member(model, 'fuse_unk') === true,
      ignoreMerges: member(model, 'ignore_merges') === true,
    }),
  };
}

function readUnigram(tree: JsonTree, model: JsonTree | undefined): WordModel {
  const found = member(model, 'vocab');
  if (!isJsonList(found)) return refuse('model.vocab', found, 'a list of tokens and their scores');
  const entries = found.map((entry): readonly [string, number] => {
    const [token, score, ...more] = isJsonList(entry) ? entry : [];
    const number = typeof score === 'bigint' ? Number(score) : score;
    if (typeof token !== 'string' || typeof number !== 'number' || more.length > 0)
      return refuse('model.vocab', entry, 'tokens and their scores');
    return [token, number];
  });
  const unknown = member(model, 'unk_id');
  const byteFallback = member(model, 'byte_fallback') === true;
  const isBytes = usesBytes(tree);
  const id = unknown === undefined || unknown === null ? null : idOf(unknown, 'model.unk_id');
  if (id !== null && id >= entries.length) return refuse('model.unk_id', unknown, `an id of the ${entries.length} tokens`);
  return {
    kind: isBytes ? 'byte-level' : 'sentence-piece',
    written: entries.map(([token], at) => [token, at]),
    says: isBytes ? readAsBytes : sentencePiece(byteFallback),
    encode: unigramEncoder({ entries, unknown: id, byteFallback }),
  };
}

/** In characters, where the file does not say. */
const LONGEST_WORD = 100;

function readWordPieces(tree: JsonTree, model: JsonTree | undefined): WordModel {
  const ids = readVocabulary(member(model, 'vocab'));
  const own = member(model, 'continuing_subword_prefix');
  const longest = member(model, 'max_input_chars_per_word');
  const unknown = member(model, 'unk_token');
  const decoder = member(tree, 'decoder');
  const type = member(decoder, 'type');
  if (type !== undefined && type !== 'WordPiece') return refuse('decoder.type', type, '`WordPiece`');
  const mark = member(decoder, 'prefix');
  return {
    kind: 'word-piece',
    written: [...ids],
    // without a decoder tokens are joined by spaces
    says: (token) => wordPieceText(token, typeof mark === 'string' ? mark : '', member(decoder, 'cleanup') === true),
    encode: wordPieceEncoder({
      ids,
      prefix: typeof own === 'string' ? own : '##',
      unknown: ids.get(typeof unknown === 'string' ? unknown : '[UNK]') ?? null,
      longest: typeof longest === 'bigint' ? Number(longest) : LONGEST_WORD,
    }),
  };
}

function readVocabulary(tree: JsonTree | undefined): Map<string, number> {
  if (!isJsonObject(tree)) return refuse('model.vocab', tree, 'an object of ids');
  return new Map([...tree].map(([token, id]) => [token, idOf(id, 'model.vocab')]));
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

/** Whether bytes are written as characters: what cuts the text does that, or what puts it together again. */
function usesBytes(tree: JsonTree): boolean {
  return isByteLevel(member(tree, 'pre_tokenizer')) || isByteLevel(member(tree, 'decoder'));
}

function isByteLevel(tree: JsonTree | undefined): boolean {
  if (member(tree, 'type') === 'ByteLevel') return true;
  return ['pretokenizers', 'decoders'].some((key) => {
    const parts = member(tree, key);
    return isJsonList(parts) && parts.some(isByteLevel);
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
