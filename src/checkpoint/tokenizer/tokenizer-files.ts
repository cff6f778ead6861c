/**
 * tokenizer.json and tokenizer_config.json for any vocabulary. Text is cut into the longest tokens that fit, from the left; words are
 * kept apart by spaces, single characters by nothing; BOS is put in front by the post-processor; text outside the vocabulary is an
 * error, never another token. The form is that of huggingface/tokenizers, release 0.23.
 */

import type { JsonData } from '../json/json-text.ts';
import type { CircuitMap } from '../map/circuit-map.ts';
import type { TokenTexts } from './token-texts.ts';

export const TOKENIZER_FILE = 'tokenizer.json';

export interface TokenizerFacts {
  readonly tokens: TokenTexts;
  readonly bos: CircuitMap['bos'];
  readonly pad: number | null;
  /** The longest input, BOS counted. */
  readonly positions: number;
  /**
   * Whether AutoTokenizer builds a tokenizer of the family's own from parts of tokenizer.json, of which only added tokens and the
   * post-processor are left as they were: then inputs are added tokens too.
   */
  readonly rebuilt: boolean;
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}\-#&~]/g, '\\$&');
}

function added(id: number, content: string, special: boolean): JsonData {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special };
}

/** A step of pre-tokenization: cuts out what matches, and keeps it or drops it. */
function split(pattern: JsonData, behavior: 'Isolated' | 'Removed'): JsonData {
  return { type: 'Split', pattern, behavior, invert: false };
}

function preTokenizer({ inputs, mark, fused }: TokenTexts): JsonData {
  // a vocabulary without text still needs a pattern: one that matches nothing
  const pattern = inputs.length === 0 ? '(?!)' : inputs.map(escapePattern).join('|');
  return {
    type: 'Sequence',
    pretokenizers: [
      split({ Regex: pattern }, 'Isolated'),
      // no text spells an output that is no input: its mark is cut off, and neither piece is a token
      split({ String: mark }, 'Isolated'),
      ...(fused ? [] : [split({ Regex: '\\A\\s+\\z' }, 'Removed')]),
    ],
  };
}

function decoder({ mark, fused }: TokenTexts): JsonData {
  const unmark: JsonData = { type: 'Replace', pattern: { String: mark }, content: '' };
  // joins with spaces, but for tokens that start with the prefix, which none does: the mark is gone by then
  const join: JsonData = fused ? { type: 'Fuse' } : { type: 'WordPiece', prefix: mark, cleanup: false };
  return { type: 'Sequence', decoders: [unmark, join] };
}

/** The data of tokenizer.json. */
export function tokenizerData({ tokens, bos, pad, rebuilt }: TokenizerFacts): JsonData {
  const first: JsonData = { SpecialToken: { id: bos.token, type_id: 0 } };
  const sequence = (id: string, type: number): JsonData => ({ Sequence: { id, type_id: type } });
  const isInput = new Set(tokens.inputs);
  const inputs = [...tokens.texts.keys()].filter((id) => isInput.has(tokens.texts[id] as string));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      added(bos.id, bos.token, true),
      ...(pad === null ? [] : [added(pad, tokens.texts[pad] as string, true)]),
      ...(rebuilt ? inputs.map((id) => added(id, tokens.texts[id] as string, false)) : []),
    ],
    normalizer: null,
    pre_tokenizer: preTokenizer(tokens),
    post_processor: {
      type: 'TemplateProcessing',
      single: [first, sequence('A', 0)],
      pair: [first, sequence('A', 0), sequence('B', 1)],
      special_tokens: { [bos.token]: { id: bos.token, ids: [bos.id], tokens: [bos.token] } },
    },
    decoder: decoder(tokens),
    // the unknown token is none of the vocabulary, which makes unknown text an error
    model: { type: 'WordLevel', vocab: Object.fromEntries(tokens.texts.map((text, id) => [text, id])), unk_token: `${tokens.mark}unknown` },
  };
}

/** The data of tokenizer_config.json. */
export function tokenizerConfigData({ tokens, bos, pad, positions }: TokenizerFacts): JsonData {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: bos.token,
    ...(pad === null ? {} : { pad_token: tokens.texts[pad] as string }),
    clean_up_tokenization_spaces: false,
    model_max_length: positions,
    model_input_names: ['input_ids', 'attention_mask'],
  };
}
