/** What storing a form's weights loses of it: a form of absolute weights, and the most that it can be. */
import type { Form } from '../../circuit/circuit.ts';
import { featureOf } from '../../circuit/form.ts';
import type { StoredForm } from '../../placement/stored-form.ts';
import { registerRange } from '../form-range.ts';
import { termsByRegister } from '../register-errors.ts';

/** What storing loses of a form, for each unit of it: absolute weights by term, and what there is whatever is read. */
export function lostForm({ terms, constant, meanLeft }: StoredForm, scale: number, mean: number): Form {
  const lost = terms.map(({ term, weight }) => ({ ...term, weight: Math.abs(weight / scale - term.weight) }));
  return { constant: (Math.abs(constant.left) + meanLeft * mean) / scale, terms: lost.filter((t) => t.weight > 0) };
}

/** The most that a lost form can be: for each register the worst of its values, or all of them at BOS. */
export function largestLoss(lost: Form): number {
  let anywhere = 0;
  for (const [register, own] of termsByRegister(lost)) anywhere += registerRange(register, own, own.length === 1).absolute;
  const bos = lost.terms.reduce((sum, t) => sum + t.weight * Math.abs(featureOf(t).bos), 0);
  return lost.constant + Math.max(anywhere, bos);
}
