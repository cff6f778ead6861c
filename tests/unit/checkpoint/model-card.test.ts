import { expect, test } from 'vitest';
import { modelCard } from '../../../src/checkpoint/model-card.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { newModelConfig } from '../../../src/targets/model-config.ts';
import { smallSizes } from './random-model.ts';

const MAP = {
  raspc: '0.1.0',
  program: { file: 'bars.rasp', sha256: 'abc', source: '# ```` is no fence\ntokens;\n' },
  target: 'gpt2',
  dtype: 'bf16',
  compute: 'f32',
  context: 1,
  causal: true,
  bos: { id: 0, token: '<bos>' },
  vocabulary: ['|', '`', ' ', '\n', 'a'].map((value, i) => ({ id: i + 1, value })),
  outputs: [
    {
      name: 'bars',
      type: 'int',
      kind: 'categorical',
      logits: Array.from({ length: 20 }, (_, i) => ({ id: i, value: i === 3 ? '|' : BigInt(i) })),
    },
    { name: 'share', type: 'float', kind: 'numeric', logit: 9, scale: 2, offset: -1 },
  ],
  variables: [],
  heads: [],
  neurons: [],
  certificate: { holds: true },
} as const;

test('a card says what the model is, and no text of the program breaks its form', () => {
  const card = modelCard(MAP, newModelConfig(gpt2, { ...smallSizes(gpt2), layers: 1 }));
  expect(card.startsWith('---\nlibrary_name: transformers\npipeline_tag: text-generation\n')).toBe(true);
  expect(card).toContain('# bars, share\n\n`GPT2LMHeadModel` with weights that were compiled');
  expect(card).toContain('\n`````\n# ```` is no fence\ntokens;\n`````\n');
  expect(card).toContain('- vocabulary: `|` `` ` `` `   ` `\\n` `a`\n');
  expect(card).toContain(
    '| `bars` | int | the value whose logit is largest, of `0` `1` `2` `\\|` `4` `5` `6` `7` `8` `9` `10` `11` … (20 in all) |',
  );
  expect(card).toContain('| `share` | float | `2 * logits[9] + -1` |');
  expect(card).toContain('- at most 1 token\n');
  expect(card).toContain('weights stored as bfloat16, activations in float32; 1 layer, width 32, 4 heads of 8');
  expect(card).toContain('raspc certified it');
  expect(card).toContain('AutoModelForCausalLM.from_pretrained');
});

test('a card of a classifier without a certificate', () => {
  const card = modelCard({ ...MAP, causal: false, vocabulary: [], certificate: { holds: false } }, newModelConfig(bert, smallSizes(bert)));
  expect(card).toContain('pipeline_tag: token-classification');
  expect(card).toContain('AutoModelForTokenClassification');
  expect(card).toContain('It is not certified.');
  expect(card).toContain('each position may depend on all others');
  expect(card).toContain('- vocabulary: open');
});
