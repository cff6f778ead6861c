/** The error of a checkpoint, searched for by hill climbing, never exceeds what the compiler and the checker say of all inputs. */
import { describe, expect, test } from 'vitest';
import { hillClimb } from '../../bench/hill-climb.ts';
import { marginOf } from '../../src/checker/claim/report.ts';
import { openCheckpoint } from '../../src/checkpoint/unpack-checkpoint.ts';
import { loadModel } from '../../src/runtime/model.ts';
import { bert } from '../../src/targets/families/encoders/bert.ts';
import { gpt2 } from '../../src/targets/families/layer-norm/gpt2.ts';
import { llama } from '../../src/targets/families/rms-norm/llama.ts';
import { modelSubject } from '../../src/verify/model-subject.ts';
import { modelToCheck } from '../support/check-model.ts';

const TRIES = 150;
/** Of float64, in which the runtime sums and the bounds are computed. */
const ROUNDING = 1e-9;

const PROGRAMS: readonly (readonly [string, string])[] = [
  ['hist', 'answer = selector_width(select(tokens, tokens, ==)); @export answer;'],
  ['double_hist', 'hist = selector_width(select(tokens, tokens, ==)); answer = selector_width(select(hist, hist, ==)); @export answer;'],
  ['mean', 'answer = aggregate(select(1, 1, ==), indicator(tokens == "a")); @export answer;'],
  [
    'induction',
    'previous = aggregate(select(indices, indices - 1, ==), tokens, "_"); answer = aggregate(rightmost(select(previous, tokens, ==)), tokens, "?"); @export answer;',
  ],
  ['parity', 'answer = selector_width(select(tokens, "b", ==)) % 2; @export answer;'],
];

describe.each([gpt2, llama, bert])('on $name', (target) => {
  test.each(PROGRAMS)('%s: no input found is worse than the bound of all inputs', async (_, text) => {
    const model = modelToCheck(`@vocab "abcd"; @context 12; @causal; ${text}`, { target });
    const result = model.check();
    if (result.kind !== 'checked') throw new Error(result.why);
    expect(result.failures).toEqual([]);
    const outputs = result.decisions.filter(({ kind }) => kind.endsWith('output'));
    const checker = Math.max(...outputs.map((decision) => 1 - marginOf(decision)));
    const compiler = 1 - model.compiled.certificate.worstMargin;
    const found = await hillClimb(
      modelSubject(model.map, loadModel(openCheckpoint(model.folder)), model.program),
      model.map.context,
      TRIES,
      1,
    );
    expect(found).toBeLessThanOrEqual(checker + ROUNDING);
    expect(found).toBeLessThanOrEqual(compiler + ROUNDING);
  });
});
