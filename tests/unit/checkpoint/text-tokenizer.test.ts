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

test('what cuts otherwise is refused', () => {
  expect(refusal(JSON.stringify({ ...LLAMA, model: { type: 'WordPiece', vocab: {} } }))).toContain('R7104: `model.type`');
  expect(refusal(JSON.stringify({ ...LLAMA, pre_tokenizer: { type: 'BertPreTokenizer' } }))).toContain('`pre_tokenizer.type`');
  expect(refusal(JSON.stringify({ ...LLAMA, normalizer: { type: 'Precompiled' } }))).toContain('`normalizer.type`');
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
