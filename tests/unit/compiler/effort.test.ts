/** What may be spent on circuits, and what becomes of a search that has spent it. */
import { expect, test } from 'vitest';
import { Effort, EffortSpent, spend, workOn } from '../../../src/circuit/effort.ts';
import { compile } from '../../../src/compiler/compile.ts';
import { mended } from '../../../src/compiler/mend.ts';
import type { Encoding, Placed } from '../../../src/compiler/place.ts';
import { plan } from '../../../src/compiler/plan.ts';
import { DiagnosticError } from '../../../src/diagnostics/diagnostic.ts';
import { loadText } from '../../../src/library/load-text.ts';
import { Care } from '../../../src/passes/lower/care.ts';
import { ALL_OPTIMIZATIONS } from '../../../src/passes/optimizations.ts';
import { bert } from '../../../src/targets/families/encoders/bert.ts';

test('turns count for the part that they are said to be for, as long as an effort is open', () => {
  const effort = new Effort();
  const [one, other] = [1, 2].map((line) => ({ name: `x${line}`, spans: [{ file: 'x.rasp', start: line, end: line }] as never }));
  spend(1_000);
  effort.within(300, () => {
    spend(40, one);
    workOn(other as never);
    spend(100);
    spend(10, one);
  });
  spend(1_000);
  expect(effort.spent).toBe(150);
  expect(effort.largest).toMatchObject({ name: 'x2', turns: 100, span: { start: 2 } });
});

test('what goes beyond a limit is given up, and no limit within another is larger', () => {
  const effort = new Effort();
  const spendAll = (most: number) =>
    effort.within(most, () => {
      for (let i = 0; i < 10; i++) spend(10);
    });
  expect(() => spendAll(50)).toThrow(EffortSpent);
  expect(effort.spent).toBe(60);
  expect(() => effort.within(100, () => spendAll(1_000))).toThrow(EffortSpent);
  expect(effort.spent).toBe(110);
  spendAll(210);
  expect(effort.spent).toBe(210);
});

const COMPARED = '@vocab range(0, 40); @context 32; @causal; x = tokens * 50 - indices; y = has_focus(select(x, x, <)); @export y;';

test('a program that takes too much is refused at what takes it, after as many turns each time', () => {
  const refusal = () => {
    const effort = new Effort();
    try {
      plan(loadText(COMPARED), { target: bert, dtype: 'f32', compute: 'f32', effort: 0.05 }, effort);
    } catch (error) {
      if (error instanceof DiagnosticError) return { turns: effort.spent, diagnostics: error.diagnostics };
      throw error;
    }
    throw new Error('nothing was refused');
  };
  const { turns, diagnostics } = refusal();
  expect(diagnostics.map(({ code }) => code)).toEqual(['R5005']);
  expect(diagnostics[0]?.primary?.span.start).toBeGreaterThan(0);
  expect(diagnostics[0]?.help.join()).toContain('--effort');
  expect(refusal().turns).toBe(turns);
});

const FAR_OFF =
  '@vocab "abcd"; @context 64; @bidirectional; n = selector_width(select(tokens, "a", ==)); y = aggregate(select(indices, (indices + 3 * n) % length, ==), tokens, "_"); @export y;';

test('where a circuit says that all others fail they are not planned, unless more effort is asked for', () => {
  const program = loadText(FAR_OFF);
  const options = { target: bert, dtype: 'f32', compute: 'f32' } as const;
  const quick = plan(program, options);
  expect(quick.certificate.holds).toBe(false);
  expect(quick.isGivenUp).toBe(true);
  const patient = plan(program, { ...options, effort: 1.01 });
  expect(patient.certificate.holds).toBe(false);
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
