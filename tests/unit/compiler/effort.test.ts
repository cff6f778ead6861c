/** What may be spent on circuits, and what becomes of a search that has spent it. */
import { expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.ts';
import { mended } from '../../../src/compiler/mend.ts';
import type { Encoding, Placed } from '../../../src/compiler/place.ts';
import { plan } from '../../../src/compiler/plan.ts';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { loadText } from '../../../src/library/load-text.ts';
import { Care } from '../../../src/passes/lower/care.ts';
import { Effort, EffortSpent } from '../../../src/passes/lower/effort.ts';
import { ALL_OPTIMIZATIONS } from '../../../src/passes/optimizations.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';

const MEAN = '@vocab range(0, 16); @context 16; @bidirectional; y = round(aggregate(select(True, True, ==), tokens)); @export y;';

test('numbers are counted, those of many values several times', () => {
  const effort = new Effort({ choosing: 300_000, bounding: 0 });
  effort.spend(100);
  expect(effort.spent.choosing).toBe(100);
  effort.spend(20_000);
  expect(effort.spent.choosing).toBe(160_100);
  expect(() => effort.spend(20_000)).toThrow(EffortSpent);
});

test('a model counts by its parameters, and one that would not be taken is not bounded', () => {
  const effort = new Effort({
    choosing: 0,
    bounding: 1_000,
    isWorthBounding: ({ parameters, layers }) => parameters * 2 ** layers <= 4_800,
  });
  effort.spendOnBounds({ parameters: 600, layers: 3, scores: 0 });
  expect(effort.spent.bounding).toBe(25);
  expect(() => effort.spendOnBounds({ parameters: 601, layers: 3, scores: 0 })).toThrow(EffortSpent);
  expect(effort.spent.bounding).toBe(25);
  // 600 / 24 and three times what is compared
  for (let i = 0; i < 24; i++) effort.spendOnBounds({ parameters: 600, layers: 1, scores: 5 });
  expect(() => effort.spendOnBounds({ parameters: 600, layers: 1, scores: 5 })).toThrow(EffortSpent);
});

const FAR_OFF =
  '@vocab "abcd"; @context 64; @bidirectional; n = selector_width(select(tokens, "a", ==)); y = aggregate(select(indices, (indices + 3 * n) % length, ==), tokens, "_"); @export y;';

test('where a circuit says that all others fail they are not planned, unless more effort is asked for', () => {
  const program = loadText(FAR_OFF);
  const options = { target: bert, dtype: 'f32', compute: 'f32' } as const;
  const quick = plan(program, options);
  expect(quick.certificate.holds).toBe(false);
  expect(quick.isGivenUp).toBe(true);
  const patient = plan(program, { ...options, effort: 2 });
  expect(patient.certificate.holds).toBe(false);
  expect(patient.isGivenUp).toBe(false);
  expect(patient.planned).toBeGreaterThan(1.5 * quick.planned);
});

test('what is said to be worth a try is said where something was given up', () => {
  const options = { target: bert, dtype: 'f32', compute: 'f32' } as const;
  const advice = (effort: number) => {
    try {
      compile(loadText(FAR_OFF), { ...options, effort });
    } catch (error) {
      if (error instanceof DiagnosticError) return error.diagnostics.flatMap(({ help }) => help).join('\n');
      throw error;
    }
    return 'compiled';
  };
  expect(advice(1)).toContain('`--effort 4` tries more of them');
});

test('what a plan has taken says what registers hold, beside parameters', () => {
  const { planned, placement, context, ids } = plan(loadText(MEAN), { target: bert, dtype: 'f32', compute: 'f32' });
  const { width } = placement.sizes;
  expect(planned).toBeGreaterThan(width * (ids.vocab + ids.outputs + context + 1));
});

test('a first circuit that says it all is the only one', () => {
  const failing = { certificate: { holds: false, worstMargin: -9, failures: [] } } as unknown as Placed;
  const encoding: Encoding = { sharp: false, decoded: false, optimizations: ALL_OPTIMIZATIONS, care: new Care() };
  let tries = 0;
  const attempt = () => {
    tries++;
    return failing;
  };
  expect(mended(encoding, attempt, () => true)).toEqual({ placed: failing, isDenseAtFault: false, isOver: true });
  expect(tries).toBe(1);
});

test('a search that has spent everything takes the best circuit so far', () => {
  const place = { kind: 'mean', node: { id: 7 } } as never;
  const owner = {} as never;
  const encoding: Encoding = { sharp: false, decoded: false, optimizations: ALL_OPTIMIZATIONS, care: new Care() };
  encoding.care.noteDense(place);
  encoding.care.noteOwner(owner, place);
  const decision = { name: 'y', spans: [], kind: 'step', error: 2, allowed: 1 } as const;
  const failing = {
    certificate: { holds: false, worstMargin: -1, failures: [{ decision, culprits: [owner], reads: [] }] },
    placement: { sizes: { width: 1, hidden: 1, heads: 1, dim: 1 }, layers: [] },
    ids: { vocab: 1, outputs: 1 },
    context: 1,
  } as unknown as Placed;
  let tries = 0;
  const { placed } = mended(encoding, () => {
    if (tries++ > 0) throw new EffortSpent();
    return failing;
  });
  expect(tries).toBe(2);
  expect(placed).toBe(failing);
});
