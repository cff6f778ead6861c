/** What each token of a stock tokenizer.json says, as text with the space before it: byte-level BPE, SentencePiece's marks, whole words. */
import { fail } from '../../diagnostics/catalog.ts';
import type { ModelFolder } from '../../source/byte-source.ts';
import { readJsonFile } from '../json/read-json.ts';
import { describeJson, isJsonList, isJsonObject, type JsonTree } from '../json/strict-json.ts';
import { TOKENIZER_FILE } from './tokenizer-files.ts';

export interface VocabularyTexts {
  /** By id; an id that no token has says nothing. */
  readonly texts: readonly string[];
  /** Ids of tokens that stand for no text. */
  readonly special: ReadonlySet<number>;
}

/** Null where the folder has no tokenizer.json. Diagnostics: R7101, R7104, R7753 where it has tokens that the model has not. */
export function readVocabularyTexts(folder: ModelFolder, vocab: number): VocabularyTexts | null {
  const tree = readJsonFile(folder, TOKENIZER_FILE);
  if (!isJsonObject(tree)) return null;
  const model = tree.get('model');
  const entries = vocabularyOf(isJsonObject(model) ? model.get('vocab') : undefined);
  const added = tree.get('added_tokens');
  const special = new Set<number>();
  const plain = new Map<number, string>();
  for (const token of isJsonList(added) ? added : []) {
    if (!isJsonObject(token)) continue;
    const [id, content] = [idOf(token.get('id')), token.get('content')];
    if (token.get('special') === true) special.add(id);
    if (typeof content === 'string') plain.set(id, content);
  }
  const beyond = [...entries.map(([, id]) => id), ...plain.keys()].find((id) => id >= vocab);
  if (beyond !== undefined) fail('R7753', { file: TOKENIZER_FILE, why: `it has a token ${beyond}, and the model ${vocab} tokens` });
  const isBytes = [tree.get('decoder'), tree.get('pre_tokenizer')].some(saysByteLevel);
  const texts = new Array<string>(vocab).fill('');
  for (const [text, id] of entries) texts[id] = isBytes ? fromBytes(text) : text.replaceAll('▁', ' ');
  for (const [id, text] of plain) texts[id] = special.has(id) ? '' : text;
  return { texts, special };
}

function vocabularyOf(tree: JsonTree | undefined): (readonly [string, number])[] {
  // SentencePiece's unigram models have a list of texts and scores
  if (isJsonList(tree)) {
    return tree.flatMap((entry, id) => {
      const text = isJsonList(entry) ? entry[0] : undefined;
      return typeof text === 'string' ? [[text, id] as const] : [];
    });
  }
  if (isJsonObject(tree)) return [...tree].map(([text, id]) => [text, idOf(id)] as const);
  return fail('R7104', { file: TOKENIZER_FILE, key: 'model.vocab', found: describeJson(tree), expected: 'tokens and their ids' });
}

function idOf(tree: JsonTree | undefined): number {
  if (typeof tree === 'bigint' && tree >= 0n && tree < 2n ** 31n) return Number(tree);
  return fail('R7104', { file: TOKENIZER_FILE, key: 'model.vocab', found: describeJson(tree), expected: 'an id' });
}

function saysByteLevel(tree: JsonTree | undefined): boolean {
  if (isJsonList(tree)) return tree.some(saysByteLevel);
  if (!isJsonObject(tree)) return false;
  return tree.get('type') === 'ByteLevel' || [tree.get('pretokenizers'), tree.get('decoders')].some(saysByteLevel);
}

/** Of each character of GPT-2's alphabet its byte: those that print stand for themselves, the others for U+0100 on, in their order. */
const BYTES = byteAlphabet();

function byteAlphabet(): ReadonlyMap<string, number> {
  const prints = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !prints(byte));
  return new Map(Array.from({ length: 256 }, (_, byte) => [String.fromCodePoint(prints(byte) ? byte : 256 + others.indexOf(byte)), byte]));
}

function fromBytes(text: string): string {
  const bytes = Array.from(text, (character) => BYTES.get(character));
  if (bytes.includes(undefined)) return text;
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte ?? 0));
}
