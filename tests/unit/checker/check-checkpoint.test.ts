import { describe, expect, test } from 'vitest';
import { type CheckResult, checkCheckpoint } from '../../../src/checker/check-checkpoint.ts';
import { openCheckpoint } from '../../../src/checkpoint/unpack-checkpoint.ts';
import { modelToCheck } from '../../support/check-model.ts';

const HIST = `@vocab "abcd"; @context 8; @causal;
same = select(tokens, tokens, ==);
hist = selector_width(same);
@export hist;`;

const ODD = HIST.replace('@export hist', 'odd = hist % 2;\n@export odd');

const INDUCTION = `@vocab "abcd"; @context 8; @causal;
previous = aggregate(select(indices, indices - 1, ==), tokens, "_");
induction = aggregate(rightmost(select(previous, tokens, ==)), tokens, "?");
@export induction;`;

const MEAN = `@vocab "abx"; @context 8; @causal;
share = aggregate(select(1, 1, ==), indicator(tokens == "x"));
mostly = share > 0.6;
@export mostly;`;

const SUM = `@vocab range(0, 4); @context 6; @causal;
total = sum_over(full_s, tokens);
@export total;`;

const EXTREMES = `@vocab range(-1, 3); @context 6; @causal;
most = max_over(full_s, tokens);
@export most;
least = min_over(select(indices, indices, <), tokens, 9);
@export least;`;

function checked(result: CheckResult) {
  if (result.kind !== 'checked') throw new Error(result.why);
  return result;
}

describe('checkCheckpoint', () => {
  test.each([HIST, INDUCTION, MEAN, SUM, EXTREMES])('re-establishes the certificate of a compiled model', (source) => {
    const { check, compiled } = modelToCheck(source);
    const result = checked(check());
    expect(result.failures).toEqual([]);
    expect(result.holds).toBe(true);
    expect(result.margin).toBeGreaterThan(0.5);
    expect(compiled.certificate.holds).toBe(true);
  });

  test('names the tensor, the neuron and the source of a step that is gone', () => {
    const model = modelToCheck(ODD);
    const result = checked(
      model.check((tensors) => {
        const bias = tensors.get('0.upBias')?.data as Float64Array;
        bias[4] = (bias[4] as number) * 0.9;
      }),
    );
    expect(result.holds).toBe(false);
    const [first] = result.failures;
    expect(first).toMatchObject({ kind: 'code', name: 'hist', tensor: 'transformer.h.0.mlp.c_fc.weight', part: 'neurons 0 to 13' });
    expect(first?.span).toContain('test.rasp:3:8');
  });

  test('names the head whose scores no longer select', () => {
    const model = modelToCheck(INDUCTION);
    const result = checked(
      model.check((tensors) => {
        const query = tensors.get('1.query')?.data as Float64Array;
        const at = query.findIndex((x) => x !== 0);
        query[at] = 0;
      }),
    );
    expect(result.holds).toBe(false);
    expect(result.failures[0]).toMatchObject({
      kind: 'selection',
      name: 'induction',
      tensor: 'transformer.h.1.attn.c_attn.weight',
      part: 'head 0',
    });
  });

  test('an extreme whose scores do not tell two of its values apart, or put the smaller one first, is not proven', () => {
    const model = modelToCheck(EXTREMES);
    for (const factor of [0.05, -1]) {
      const result = checked(
        model.check((tensors) => {
          const key = tensors.get('0.key')?.data as Float64Array;
          key.forEach((x, i) => {
            key[i] = x * factor;
          });
        }),
      );
      expect(result.holds).toBe(false);
    }
  });

  test('counts weights that no circuit claims', () => {
    const model = modelToCheck(HIST);
    const result = checked(
      model.check((tensors) => {
        const { data, shape } = tensors.get('0.output') as { data: Float64Array; shape: readonly number[] };
        // a value dimension of the last head that nothing uses; what all dimensions had alike, the norm would take off again
        data.fill(1, data.length - (shape.at(-1) as number), data.length - (shape.at(-1) as number) / 2);
        const bias = tensors.get('0.valueBias')?.data as Float64Array;
        bias[bias.length - 1] = 1;
      }),
    );
    expect(result.holds).toBe(false);
  });

  test('does not take the word of a map that claims something else of the same weights', () => {
    const model = modelToCheck(HIST);
    const other = modelToCheck(HIST.replace('tokens, ==', 'tokens, !='));
    const checkpoint = openCheckpoint(model.folder);
    const { program } = model;
    const map = { ...model.map, meaning: other.map.meaning };
    expect(checkCheckpoint({ map, checkpoint, program })).toEqual({
      kind: 'unproven',
      why: 'what its circuit map says of `hist` is not shown to be what the program says',
    });
    // and of another program, which the weights do not compute
    const ofOther = checkCheckpoint({ map, checkpoint, program: other.program });
    expect(ofOther.kind === 'checked' && ofOther.holds).toBe(false);
  });
});
