/**
 * A model's tokens as llama.cpp reads them: every input is a token of its own that is found in text as it stands, outputs that are no
 * inputs are tokens that no text gives, and BOS is put in front. Source: ggml-org/llama.cpp, src/llama-vocab.cpp, release v0.5.0.
 */

import type { CircuitMap } from '../map/circuit-map.ts';
import { haltId } from '../map/halt-id.ts';
import type { Tokenizer } from '../tokenizer/read-tokenizer.ts';
import type { GgufValue } from './write-gguf.ts';

/** What llama.cpp does with a token: `normal` ones are made by merging, of which there is none here. */
const TOKEN_TYPES = { normal: 1, control: 3, userDefined: 4 } as const;

/** Characters that stand for the bytes 0 to 255 in the text of a normal token: GPT-2's byte-level alphabet. */
const BYTE_CHARACTERS: readonly string[] = (() => {
  const isPlain = (byte: number): boolean => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPlain(byte) ? byte : next++));
})();

function byteText(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => BYTE_CHARACTERS[byte]).join('');
}

/**
 * Keys of the tokenizer. `pad` is the id of the padding token: without an end of text of its own, a model would get one of
 * llama.cpp's choice, so where no value ends a run the padding, which nothing generates, stands for it (or else BOS).
 */
export function ggufTokenizer(
  map: Pick<CircuitMap, 'bos' | 'vocabulary' | 'outputs' | 'generation'>,
  { ids, special }: Tokenizer,
  vocab: number,
  pad: number | null,
): (readonly [string, GgufValue])[] {
  const inputs = new Set(map.vocabulary.map(({ id }) => id));
  const texts = new Map([...ids].map(([text, id]) => [id, text]));
  const tokens = Array.from({ length: vocab }, (_, id) => {
    const text = texts.get(id) ?? `<unused ${id}>`;
    if (inputs.has(id)) return { text, type: TOKEN_TYPES.userDefined };
    return special.has(id) ? { text, type: TOKEN_TYPES.control } : { text: byteText(text), type: TOKEN_TYPES.normal };
  });
  return [
    ['tokenizer.ggml.model', { kind: 'string', value: 'gpt2' }],
    ['tokenizer.ggml.pre', { kind: 'string', value: 'gpt-2' }],
    ['tokenizer.ggml.tokens', { kind: 'strings', values: tokens.map(({ text }) => text) }],
    ['tokenizer.ggml.token_type', { kind: 'int32s', values: tokens.map(({ type }) => type) }],
    ['tokenizer.ggml.merges', { kind: 'strings', values: [] }],
    ['tokenizer.ggml.bos_token_id', { kind: 'uint32', value: map.bos.id }],
    ['tokenizer.ggml.eos_token_id', { kind: 'uint32', value: haltId(map) ?? pad ?? map.bos.id }],
    ...(pad === null ? [] : [['tokenizer.ggml.padding_token_id', { kind: 'uint32', value: pad }] as const]),
    ['tokenizer.ggml.add_bos_token', { kind: 'bool', value: true }],
  ];
}

/** Two tokens that llama.cpp, which looks for long tokens first, may cut apart differently from the left-to-right tokenizer; or null. */
export function overlappingTokens({ vocabulary }: Pick<CircuitMap, 'vocabulary'>): readonly [string, string] | null {
  const texts = vocabulary.flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
  for (const first of texts) {
    for (const second of texts) {
      if (second.length <= first.length) continue;
      for (let shared = 1; shared < first.length; shared++) if (second.startsWith(first.slice(-shared))) return [first, second];
    }
  }
  return null;
}
