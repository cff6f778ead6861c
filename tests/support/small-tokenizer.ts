/** A byte-level tokenizer made by hand: the 256 bytes, and some words that are merged letter by letter from the left. */
import { BYTE_CHARACTERS, writtenAsBytes } from '../../src/checkpoint/texts/byte-alphabet.ts';

/** The text of tokenizer.json; each word is a token, and so is each of its beginnings. */
export function smallTokenizer(words: readonly string[], added: readonly string[] = ['<|end|>']): string {
  const vocab = new Map<string, number>();
  const token = (written: string): void => {
    if (!vocab.has(written)) vocab.set(written, vocab.size);
  };
  for (const character of BYTE_CHARACTERS) token(character);
  const merges: string[] = [];
  for (const word of words) {
    const letters = [...writtenAsBytes(word)];
    for (let end = 2; end <= letters.length; end++) {
      const pair = `${letters.slice(0, end - 1).join('')} ${letters[end - 1]}`;
      if (!merges.includes(pair)) merges.push(pair);
      token(letters.slice(0, end).join(''));
    }
  }
  return JSON.stringify({
    version: '1.0',
    added_tokens: added.map((content, i) => ({ id: vocab.size + i, content, special: true, normalized: false })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', unk_token: null, vocab: Object.fromEntries(vocab), merges },
  });
}
