/** What is known of scores is taken only where nothing that they depend on has changed. */
import { expect, test } from 'vitest';
import type { Form, Register } from '../../../src/circuit/circuit.ts';
import { KnownScores } from '../../../src/predict/scores/known-scores.ts';

const register = { id: 1 } as Register;
const form = (): Form => ({ constant: 0, terms: [{ register, feature: 0, weight: 1 }] });
const UNCHANGED = { mean: 0, rewritten: new Set<Register>() };

test('a group is measured once, and again for another mean, other forms or what has been written since', () => {
  const known = new KnownScores();
  const group = [{ query: form(), key: form() }];
  let measured = 0;
  const measure = () => ({ selected: ++measured, any: 0, lost: { apart: 0, closer: 0 }, magnitude: 0, products: 0 });
  const of = (...[of, stream = UNCHANGED]: [typeof group, typeof UNCHANGED?]) => known.of(of, stream, measure).selected;
  expect([of(group), of([...group]), of(group)]).toEqual([1, 1, 1]);
  expect(of(group, { ...UNCHANGED, mean: 1 })).toBe(2);
  expect(of(group, { ...UNCHANGED, rewritten: new Set([register]) })).toBe(3);
  expect(of([...group, ...group])).toBe(4);
  expect(of([{ query: form(), key: form() }])).toBe(5);
  expect(of(group)).toBe(1);
});
