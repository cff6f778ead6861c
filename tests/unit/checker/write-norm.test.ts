/** Norms of what sublayers write: what is proven of a model that has them, and that what undoes them is looked at. */
import { describe, expect, test } from 'vitest';
import { gemma2 } from '../../../src/targets/families/rms-norm/gemma2.ts';
import { gemma3 } from '../../../src/targets/families/rms-norm/gemma3.ts';
import { olmo2 } from '../../../src/targets/families/rms-norm/olmo2.ts';
import { modelToCheck } from '../../support/check-model.ts';

const COUNT = `@vocab "abc"; @context 6; @causal;
hist = selector_width(select(tokens, tokens, ==));
@export hist;`;

const TWICE = `@vocab "abc"; @context 4; @causal;
hist = selector_width(select(tokens, tokens, ==));
alike = selector_width(select(hist, hist, ==));
@export alike;`;

const FAMILIES = [olmo2, gemma2, gemma3].map((target) => [target.name, target] as const);

describe.each(FAMILIES)('%s', (_, target) => {
  test.each([COUNT, TWICE])('the certificate is re-established from the bytes', (source) => {
    const result = modelToCheck(source, { target }).check();
    expect(result).toMatchObject({ kind: 'checked', holds: true, failures: [] });
    expect(result.kind === 'checked' && result.margin).toBeGreaterThan(0.5);
  });

  const model = modelToCheck(TWICE, { target });

  test.each(['0.attentionWriteGain', '0.mlpWriteGain'])('half of what `%s` leaves is a decision that is lost', (role) => {
    const result = model.check((tensors) => {
      const gain = tensors.get(role)?.data as Float64Array;
      for (let d = 0; d < gain.length; d++) gain[d] = (gain[d] as number) / 2;
    });
    expect(result).toMatchObject({ kind: 'checked', holds: false });
  });

  test.each(['output', 'down'])('without the constant beside what is written, nothing is known of what the norm leaves: `%s`', (role) => {
    const result = model.check((tensors) => {
      const gain = tensors.get(role === 'output' ? '0.attentionWriteGain' : '0.mlpWriteGain')?.data as Float64Array;
      const place = gain.indexOf(0);
      const written = tensors.get(`0.${role}`)?.data as Float64Array;
      for (let at = place; at < written.length; at += gain.length) written[at] = 0;
    });
    expect(result.kind === 'checked' && result.holds).toBe(false);
  });

  test('what is beyond float32 proves nothing', () => {
    expect(model.check((tensors) => tensors.get('0.mlpWriteGain')?.data.fill(3e38)).kind).toBe('unproven');
  });
});
