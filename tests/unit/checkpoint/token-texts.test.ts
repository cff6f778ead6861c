import { describe, expect, test } from 'vitest';
import { labelTexts, specialTokenText, tokenTexts, valueText } from '../../../src/checkpoint/tokenizer/token-texts.ts';

test('values look as in Python', () => {
  const values = [
    'a"b',
    '',
    3n,
    -(10n ** 20n),
    true,
    false,
    2,
    0.1,
    -0,
    1e16,
    123456789012345,
    1e-4,
    1e-5,
    1.5e-7,
    1e22,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
  ];
  expect(values.map(valueText)).toEqual([
    'a"b',
    '',
    '3',
    '-100000000000000000000',
    'True',
    'False',
    '2.0',
    '0.1',
    '-0.0',
    '1e+16',
    '123456789012345.0',
    '0.0001',
    '1e-05',
    '1.5e-07',
    '1e+22',
    'nan',
    '-inf',
  ]);
});

test('special tokens are made of something that no input has', () => {
  expect(specialTokenText('bos', ['a', 'b'])).toBe('<bos>');
  expect(specialTokenText('bos', [...'<>bos'])).toBe('[BOS]');
  expect(specialTokenText('bos', [...'<>bos[]BOS'])).toBe('<|bos|>');
  expect(specialTokenText('bos', [...'<>bos[]BOS|'])).toBe('⟨bos⟩');
  expect(specialTokenText('bos', [...'<>bos[]BOS|⟨⟩'])).toBe('\ue000bos\ue000');
});

const bos = { id: 0, token: '<bos>' };
const vocabulary = (...values: string[]) => values.map((value, i) => ({ id: i + 1, value }));

describe('texts', () => {
  test('outputs that are inputs share their token, others are marked', () => {
    const outputs = [
      {
        name: 'next',
        type: 'string',
        kind: 'categorical',
        logits: [
          { id: 1, value: 'a' },
          { id: 3, value: 'none' },
        ],
      },
      { name: 'count', type: 'int', kind: 'categorical', logits: [{ id: 4, value: 1n }] },
      { name: 'total', type: 'int', kind: 'categorical', logits: [{ id: 5, value: 1n }] },
      { name: 'share', type: 'float', kind: 'numeric', logit: 6, scale: 1, offset: 0 },
    ] as const;
    const { texts, mark } = tokenTexts({ bos, vocabulary: vocabulary('a', 'b'), outputs }, 9, 8);
    expect(mark).toBe('→');
    expect(texts).toEqual(['<bos>', 'a', 'b', '→none', '→1', '→total=1', '→share', '→unused7', '<pad>']);
  });

  test('the mark is no input either, and equal texts are numbered', () => {
    const { texts, mark } = tokenTexts(
      {
        bos,
        vocabulary: [
          { id: 1, value: '→' },
          { id: 2, value: 1n },
          { id: 3, value: '1' },
        ],
        outputs: [],
      },
      4,
      null,
    );
    expect(mark).toBe('⇒');
    expect(texts).toEqual(['<bos>', '→', '1', '1#2']);
  });

  test.each([
    [['a', 'b'], true],
    [['👩‍👩‍👧', 'é'], true],
    [['a', 'ab'], false],
    [['the', ' cat'], true],
    [['', 'ab'], true],
  ])('%j are fused: %s', (values, fused) => {
    expect(tokenTexts({ bos, vocabulary: vocabulary(...values), outputs: [] }, 3, null).fused).toBe(fused);
  });

  test('inputs are cut longest first', () => {
    expect(tokenTexts({ bos, vocabulary: vocabulary('a', 'abc', '', 'ab', 'x'), outputs: [] }, 6, null).inputs).toEqual([
      'abc',
      'ab',
      'a',
      'x',
    ]);
  });
});

test('labels of a classifier', () => {
  const outputs = [
    {
      name: 'a',
      type: 'int',
      kind: 'categorical',
      logits: [
        { id: 0, value: 1n },
        { id: 1, value: 2n },
      ],
    },
    { name: 'b', type: 'int', kind: 'categorical', logits: [{ id: 2, value: 1n }] },
    { name: 'c', type: 'float', kind: 'numeric', logit: 4, scale: 1, offset: 0 },
  ] as const;
  expect(labelTexts(outputs, 5)).toEqual(['1', '2', 'b=1', 'unused3', 'c']);
});
