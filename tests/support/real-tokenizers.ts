/** The tokenizers of GPT-2 and of Llama's kind, as the packages that carry them have them. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { readTextTokenizer, type TextTokenizer } from '../../src/checkpoint/texts/text-tokenizer.ts';
import { bytesSource } from '../../src/source/byte-source.ts';

const PACKAGES = resolve(import.meta.dirname, '../../node_modules/@lenml');

export const REAL_TOKENIZERS = {
  'GPT-2': resolve(PACKAGES, 'tokenizer-gpt2/models/tokenizer.json'),
  Llama: resolve(PACKAGES, 'tokenizer-llama2/models/tokenizer.json'),
} as const;

export function openTokenizer(file: string): TextTokenizer {
  const bytes = new Uint8Array(readFileSync(file));
  return readTextTokenizer({ path: file, open: (name) => (name === basename(file) ? bytesSource(bytes) : null) }, basename(file));
}
