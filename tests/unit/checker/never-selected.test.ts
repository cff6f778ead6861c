/** Selectors that never find anything: what reads through them is the default, and what scores otherwise is not proven. */
import { expect, test } from 'vitest';
import { bert } from '../../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../../src/targets/families/rms-norm/llama.ts';
import { modelToCheck } from '../../support/check-model.ts';

const NEVER = [
  'aggregate(select(indices, indices - 5, ==), tokens, "_")',
  'aggregate(select(indices, indices - 5, ==) and select(tokens, tokens, ==), tokens, "_")',
  'aggregate(rightmost(select(tokens, "c", ==)), indices)',
  'has_focus(select(tokens, "c", ==))',
];

const textOf = (body: string, context: number) => `@vocab "ab"; @context ${context}; @causal; y = ${body}; @export y;`;

test.each(NEVER.flatMap((body) => [gpt2, llama, bert].map((target) => [body, target.name, target] as const)))(
  '%s on %s is proven',
  (body, _, target) => {
    const checked = modelToCheck(textOf(body, 5), { target }).check();
    expect(checked).toMatchObject({ kind: 'checked', holds: true });
    expect(checked.kind === 'checked' && checked.margin).toBeGreaterThan(0.9);
  },
);

test('one position more finds the first, and is proven as before', () => {
  expect(modelToCheck(textOf(NEVER[0] as string, 6)).check()).toMatchObject({ kind: 'checked', holds: true });
});

test.each(NEVER)('%s is not proven where keys score as BOS does', (body) => {
  const flat = modelToCheck(textOf(body, 5)).check((tensors) => {
    const queries = [...tensors].filter(([name]) => /quer/i.test(name));
    expect(queries.length).toBeGreaterThan(0);
    for (const [, tensor] of queries) tensor.data.fill(0);
  });
  expect(flat.kind === 'checked' && flat.holds).toBe(false);
});
