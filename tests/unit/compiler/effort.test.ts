/** What may be spent on circuits, and what becomes of a search that has spent it. */
import { expect, test } from 'vitest';
import { mended } from '../../../src/compiler/mend.ts';
import type { Encoding, Placed } from '../../../src/compiler/place.ts';
import { plan } from '../../../src/compiler/plan.ts';
import { loadText } from '../../../src/library/load-text.ts';
import { Care } from '../../../src/passes/lower/care.ts';
import { Effort, EffortSpent } from '../../../src/passes/lower/effort.ts';
import { ALL_OPTIMIZATIONS } from '../../../src/passes/optimizations.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';

const MEAN = '@vocab range(0, 16); @context 16; @bidirectional; y = round(aggregate(select(True, True, ==), tokens)); @export y;';

test('numbers are counted, those of many values several times', () => {
  const effort = new Effort(300_000);
  effort.spend(100);
  expect(effort.spent).toBe(100);
  effort.spend(20_000);
  expect(effort.spent).toBe(160_100);
  expect(() => effort.spend(20_000)).toThrow(EffortSpent);
});

test('what a plan has taken says what registers hold, beside parameters', () => {
  const { planned, placement, context, ids } = plan(loadText(MEAN), { target: bert, dtype: 'f32', compute: 'f32' });
  const { width } = placement.sizes;
  expect(planned).toBeGreaterThan(width * (ids.vocab + ids.outputs + context + 1));
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
