/** Tokenizers for awkward vocabularies, in the official tokenizers: the same ids, the same text again, and nothing that is not in the vocabulary. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonText } from '../../src/checkpoint/json/json-text.ts';
import type { MapValue } from '../../src/checkpoint/map/map-value.ts';
import { fileOfText } from '../../src/checkpoint/safetensors/write-safetensors.ts';
import { specialTokenText, tokenTexts } from '../../src/checkpoint/tokenizer/token-texts.ts';
import { tokenizerConfigData, tokenizerData } from '../../src/checkpoint/tokenizer/tokenizer-files.ts';
import { writeFolder } from '../../src/cli/files/write-folder.ts';
import { randomNumbers } from '../unit/checkpoint/random-model.ts';
import { pythonJob } from './python.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspc-tokenizers-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Vocabulary {
  readonly name: string;
  readonly values: readonly MapValue[];
  /** Texts that are no input. */
  readonly refused: readonly string[];
}

const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));

const VOCABULARIES: readonly Vocabulary[] = [
  { name: 'letters', values: [...'abcdefghijklmnopqrstuvwxyz'], refused: ['A', 'ab c', 'é', 'a→1'] },
  { name: 'all printable ASCII', values: printable, refused: ['é', 'a\n'] },
  { name: 'white space', values: [' ', '\t', '\n', 'a', ' '], refused: ['b'] },
  { name: 'meta characters', values: [...'.*+?^$()|[]\\/-#&~"\'<>', '{', '}'], refused: ['a', 'a.*'] },
  { name: 'the letters of BOS', values: [...'<bos>pad[]|⟨⟩'], refused: ['x'] },
  { name: 'emoji', values: ['👩‍👩‍👧', '👩', '🇫🇷', '🇫', 'é', 'e', '🙂'], refused: ['x', '👧'] },
  { name: 'words', values: ['the', 'cat', 'sat', "don't", 'über'], refused: ['dog', 'the dog', 'cats'] },
  { name: 'prefixes', values: ['a', 'ab', 'abc', 'abcd', 'b', 'bcd'], refused: ['x', 'abx'] },
  { name: 'words with spaces', values: ['new york', 'new', 'york', 'paris'], refused: ['newe'] },
  { name: 'tokens with their own spaces', values: ['the', ' cat', ' sat', '.'], refused: ['cat', 'the dog'] },
  { name: 'ints', values: [-2n, -1n, 0n, 1n, 2n, 10n, 100n], refused: ['3', '1.0'] },
  { name: 'one digit', values: Array.from({ length: 10 }, (_, i) => BigInt(i)), refused: ['1 2', '-1'] },
  { name: 'floats', values: [0.5, 2, -0, 1e21, 1e-7], refused: ['3.0', '2'] },
  { name: 'bools', values: [true, false], refused: ['true', 'True,False'] },
  { name: 'brackets and special names', values: ['[MASK]', '<pad>', '<bos>', '<unk>', '##a'], refused: ['[UNK]', 'a'] },
  { name: 'names of JavaScript', values: ['__proto__', 'constructor', 'toString', '0', '1'], refused: ['valueOf'] },
];

// in some families AutoTokenizer keeps only added tokens, so that inputs are added tokens too
test.each([false, true])('ids, texts and refusals, inputs as added tokens: %s', (rebuilt) => {
  const random = randomNumbers(5);
  const jobs = VOCABULARIES.map(({ name, values, refused }) => {
    const unique = [...new Set(values)];
    const bos = { id: 0, token: specialTokenText('bos', unique) };
    const vocabulary = unique.map((value, i) => ({ id: i + 1, value }));
    const outputs = [
      {
        name: 'count',
        type: 'int',
        kind: 'categorical',
        logits: [
          { id: unique.length + 1, value: 1n },
          { id: unique.length + 2, value: 7n },
        ],
      },
      { name: 'share', type: 'float', kind: 'numeric', logit: unique.length + 3, scale: 1, offset: 0 },
    ] as const;
    const pad = unique.length + 4;
    const tokens = tokenTexts({ bos, vocabulary, outputs }, unique.length + 5, pad);
    expect(new Set(tokens.texts).size, name).toBe(unique.length + 5);
    const facts = { tokens, bos, pad, positions: 100, rebuilt };
    const dir = join(folder, `${name.replaceAll(' ', '-')}-${rebuilt}`);
    const config = { ...(tokenizerConfigData(facts) as object) };
    const files = [
      { path: 'tokenizer.json', content: fileOfText(jsonText(tokenizerData(facts))) },
      { path: 'tokenizer_config.json', content: fileOfText(jsonText(config as never)) },
    ];
    writeFolder(dir, files, { directory: '/', force: false });
    // inputs that cutting at the longest match gives back: where one token begins another, that is not every sequence
    const cut = new RegExp(tokens.inputs.map((text) => text.replace(/[\\^$.|?*+()[\]{}\-/]/g, '\\$&')).join('|'), 'g');
    const cases = Array.from({ length: 300 }, () => {
      const ids = Array.from({ length: 1 + Math.floor(random() * 12) }, () => 1 + Math.floor(random() * unique.length));
      const texts = ids.map((id) => tokens.texts[id] as string);
      const text = texts.join(tokens.fused ? '' : ' ');
      return { text, ids: [0, ...ids], again: text.match(cut)?.join('\u0000') === texts.join('\u0000') };
    }).filter(({ again }) => again);
    expect(cases.length, name).toBeGreaterThan(20);
    return { dir, bos: 0, cases, refused };
  });
  const found = pythonJob('check_tokenizers.py', JSON.stringify(jobs)) as string[][];
  expect(Object.fromEntries(VOCABULARIES.map(({ name }, i) => [name, found[i]?.slice(0, 3)]))).toEqual(
    Object.fromEntries(VOCABULARIES.map(({ name }) => [name, []])),
  );
});
