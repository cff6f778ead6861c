/** Real tokenizers: what tokens say and which tokens texts are, by hand, and as GPT-2's and Llama's give them; what is refused. */
import { describe, expect, test } from 'vitest';
import { readRuns, writeRuns } from '../../../src/checkpoint/map/class-runs.ts';
import { officialPattern } from '../../../src/checkpoint/texts/official-pattern.ts';
import { readTextTokenizer, type TextTokenizer } from '../../../src/checkpoint/texts/text-tokenizer.ts';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { bytesSource } from '../../../src/source/byte-source.ts';
import { openTokenizer, REAL_TOKENIZERS } from '../../support/real-tokenizers.ts';
import { smallTokenizer } from '../../support/small-tokenizer.ts';

function read(text: string): TextTokenizer {
  return readTextTokenizer({ path: 'folder', open: () => bytesSource(new TextEncoder().encode(text)) });
}

function says(tokenizer: TextTokenizer, text: string): (string | undefined)[] {
  return tokenizer.encode(text).map((id) => tokenizer.texts[id]);
}

function refusal(text: string): string {
  try {
    read(text);
    return '';
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n');
  }
}

const LLAMA = {
  added_tokens: [{ id: 0, content: '<unk>', special: true, normalized: false }],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  },
  pre_tokenizer: null,
  decoder: null,
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    fuse_unk: true,
    byte_fallback: true,
    vocab: { '<unk>': 0, '<0xC3>': 1, '<0xA9>': 2, '<0x0A>': 3, '▁': 4, a: 5, b: 6, '▁a': 7, ab: 8, '▁ab': 9 },
    merges: ['a b', ['▁', 'ab'], '▁ a'],
  },
};

describe('byte-level', () => {
  const small = read(smallTokenizer([' cat', ' the', 'The']));

  test('words with the space before them, the rest byte by byte', () => {
    expect(small.kind).toBe('byte-level');
    expect(says(small, 'The cat é')).toEqual(['The', ' cat', ' ', '\ufffd', '\ufffd']);
    expect(small.encode('é')).toEqual([0xc3, 0xa9]);
  });

  test('special tokens are cut out, and known', () => {
    expect(says(small, 'The<|end|> the')).toEqual(['The', '<|end|>', ' the']);
    expect([...small.special]).toEqual([small.texts.length - 1]);
  });

  test('GPT-2 cuts as its authors say', () => {
    const gpt2 = openTokenizer(REAL_TOKENIZERS['GPT-2']);
    expect(gpt2.texts.length).toBe(50257);
    // "Hello world" is 15496, 995 in OpenAI's own examples
    expect(gpt2.encode('Hello world')).toEqual([15496, 995]);
    expect(says(gpt2, "don't  stop\n")).toEqual(['don', "'t", ' ', ' stop', '\n']);
  });
});

/** The example of the official reader's documentation. */
const UNIGRAM = {
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  decoder: null,
  model: {
    type: 'Unigram',
    unk_id: 0,
    byte_fallback: false,
    vocab: [
      ['<unk>', 0],
      ['a', 0],
      ['b', 0],
      ['c', 0],
      ['d', 0],
      ['cd', 1],
      ['ab', 2.5],
      ['abc', 5.5],
      ['abcd', 10],
    ] as (string | number)[][],
  },
};

const BERT = {
  version: '1.0',
  added_tokens: [],
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: { '[UNK]': 0, un: 1, '##want': 2, '##ed': 3, runn: 4, '##ing': 5, '!': 6, 中: 7 },
  },
};

describe('sentence-piece', () => {
  const llama = read(JSON.stringify(LLAMA));

  test('merges in their order, bytes for what is no token', () => {
    expect(llama.kind).toBe('sentence-piece');
    expect(llama.encode('ab a')).toEqual([9, 7]);
    expect(says(llama, 'ab\né')).toEqual([' ab', '\n', '\ufffd', '\ufffd']);
  });

  test('unknown characters in a row are one where the file says so', () => {
    expect(llama.encode('aZZb')).toEqual([7, 0, 6]);
  });
});

describe('Unigram', () => {
  test('the cut of most score, as in the official example', () => {
    const unigram = read(JSON.stringify(UNIGRAM));
    expect(unigram.kind).toBe('sentence-piece');
    expect(says(unigram, 'abcdacdxx')).toEqual(['abcd', 'a', 'cd', '<unk>']);
  });

  test('bytes for what is no token, where the file has them', () => {
    const bytes = [0xc3, 0xa9].map((byte) => [`<0x${byte.toString(16).toUpperCase()}>`, 0]);
    const vocab = [...UNIGRAM.model.vocab, ...bytes];
    const falls = read(JSON.stringify({ ...UNIGRAM, model: { ...UNIGRAM.model, byte_fallback: true, vocab } }));
    expect(falls.encode('aéb')).toEqual([1, 9, 10, 2]);
  });

  test('without case and accents', () => {
    const normalizer = { type: 'Sequence', normalizers: ['NFKD', 'StripAccents', 'Lowercase'].map((type) => ({ type })) };
    expect(read(JSON.stringify({ ...UNIGRAM, normalizer })).encode('ÁBĆ')).toEqual([7]);
  });
});

describe('WordPiece', () => {
  const bert = read(JSON.stringify(BERT));

  test("the longest tokens from the left, as in the paper's example", () => {
    expect(bert.kind).toBe('word-piece');
    expect(bert.encode('Unwanted  RUNNING!')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(bert.texts).toEqual([' [UNK]', ' un', 'want', 'ed', ' runn', 'ing', '!', ' 中']);
  });

  test('a word that cannot be cut is unknown, ideographs are words', () => {
    expect(bert.encode('unrunn 中中')).toEqual([0, 7, 7]);
  });
});

test('what cuts otherwise is refused', () => {
  expect(refusal(JSON.stringify({ ...LLAMA, model: { type: 'WordLevel', vocab: {} } }))).toContain('R7104: `model.type`');
  expect(refusal(JSON.stringify({ ...LLAMA, pre_tokenizer: { type: 'UnicodeScripts' } }))).toContain('`pre_tokenizer.type`');
  expect(refusal(JSON.stringify({ ...LLAMA, normalizer: { type: 'Precompiled' } }))).toContain('`normalizer.precompiled_charsmap`');
  expect(refusal(JSON.stringify({ ...UNIGRAM, model: { ...UNIGRAM.model, unk_id: 99 } }))).toContain('`model.unk_id`');
  expect(refusal(JSON.stringify({ ...UNIGRAM, model: { ...UNIGRAM.model, vocab: [['a']] } }))).toContain('`model.vocab`');
  expect(refusal(JSON.stringify({ ...BERT, decoder: { type: 'Metaspace' } }))).toContain('`decoder.type`');
  expect(refusal(JSON.stringify({ ...LLAMA, model: { ...LLAMA.model, vocab: { a: -1 } } }))).toContain('an id');
});

test('patterns of the official reader', () => {
  const matches = (source: string, text: string) => text.match(officialPattern(source) as RegExp);
  expect(matches("(?i:'s|'t)", "'S't'x")).toEqual(["'S", "'t"]);
  // possessive: what is taken is not given back
  expect(matches('[a-c]++c', 'abc')).toBeNull();
  expect(matches('[ab]++c', 'abc')).toEqual(['abc']);
  expect(matches('\\s+', 'a\u0085\ufeff b')).toEqual(['\u0085', ' ']);
  expect(officialPattern('(?<=a+')).toBeNull();
});

test('classes as runs, and back', () => {
  const classes = [0, 0, 0, 2, 1, 1];
  expect(writeRuns(classes)).toBe('0*3 2 1*2');
  expect([...(readRuns('0*3 2 1*2', 3) ?? [])]).toEqual(classes);
  expect(readRuns('0*3 2', 2)).toBeNull();
  expect(readRuns('0*99999999', 2)).toBeNull();
  expect(readRuns('0 x', 2)).toBeNull();
});
