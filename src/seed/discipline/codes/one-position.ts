/** What neurons make of two tokens of one position: the one or the other by a condition, and whether they are the same. */
import type { Form, Register, Step, Write } from '../../../circuit/circuit.ts';
import { combineForms } from '../../../circuit/form.ts';
import { truthy } from '../../../graph/evaluate/values/python-arithmetic.ts';
import type { Select, SOp } from '../../../graph/graph.ts';
import { type Choice, isNoToken } from '../../../graph/whole-token.ts';
import { type CodeForms, type LoweringSource, refuse } from '../lowering-source.ts';
import { leastDistance } from './identity-scores.ts';
import { codeLevel, entriesOf, unitForms } from './token-codes.ts';

/** How far a branch that is not taken is pushed below the threshold of a step: an entry is 1 at most, and a head may have heard it louder. */
const SHUT = 2;

/**
 * The code of the branch that a condition takes. What is written is cut clean: codes that a head moved which tells the last of several from the one
 * before need no other step.
 */
export function chosenCode(lowering: LoweringSource, node: Choice): CodeForms {
  const [condition, ...branches] = node.args;
  const { domain } = lowering.facts.of(condition);
  if (domain.kind !== 'finite') return refuse(condition, 'a choice between tokens is by a number of too many values');
  const cases = lowering.partition(
    condition,
    Int32Array.from(domain.values, (value) => (truthy(value) ? 0 : 1)),
  );
  const [met, missed] = [0, 1].map((c) => (cases[c] === undefined ? null : lowering.sharp(cases[c])));
  const register = lowering.newRegister(node.name ?? 'choice', node, null, 'features');
  const { length } = lowering.tokenCode;
  const level = codeLevel(lowering.tokenCode);
  const chosen = entriesOf(register, level, new Array<null>(length).fill(null));
  const [present, absent] = [lowering.addFeature(register, null, 0), lowering.addFeature(register, null, 0)];
  const steps = branches.flatMap((branch, b): Step[] => {
    const [taken, left] = b === 0 ? [met, missed] : [missed, met];
    if (taken == null) return [];
    const write = (feature: number, weight: number): Write => ({ register, feature, weight });
    const fires = (form: Form, sign: number, to: Write): Step => {
      const parts = [
        { form, weight: sign },
        { form: left ?? { constant: 0, terms: [] }, weight: -SHUT },
      ];
      return lowering.step(combineForms(parts), 0, 1, [to]);
    };
    if (isNoToken(branch)) return [lowering.step(taken, 0, 1, [write(length + 1, 1)])];
    const codes = lowering.codeOf(branch);
    const entries = unitForms(codes).flatMap((form, d) => [1, -1].map((sign) => fires(form, sign, write(d, sign * level))));
    const flags = [codes.present, codes.absent].flatMap((form, f): Step[] => {
      if (form.terms.length > 0) return [fires(form, 1, write(length + f, 1))];
      return form.constant === 0 ? [] : [lowering.step(taken, 0, 1, [write(length + f, 1)])];
    });
    return [...entries, ...flags];
  });
  lowering.addGroup({ kind: 'neurons', name: register.name, spans: node.spans, steps, base: [] });
  return { ...chosen, present, absent };
}

/**
 * Whether two tokens are different ones, and whether they are the same: first how many entries of their codes differ, then whether any does.
 *
 * @returns 0 or 1 for different, and for the same
 */
export function samenessForms(lowering: LoweringSource, node: SOp, { keys, queries }: Select): readonly [Form, Form] {
  const [own, other] = [lowering.codeOf(keys), lowering.codeOf(queries)];
  const { length } = lowering.tokenCode;
  // of two tokens at least so many entries differ
  const least = leastDistance(lowering.tokenCode);
  const distance = lowering.newRegister('entries that differ', node, null, 'features');
  distance.features.push({ levels: null, spread: null, low: 0, high: length / least + 1, bos: 0, unit: 1 });
  // two entries are 2 apart, and that there is one token and not the other counts as much as all of them
  const entries = unitForms(other);
  const steps = unitForms(own).flatMap((a, d) =>
    [1, -1].flatMap((sign): Step[] => {
      const form = combineForms([
        { form: a, weight: sign },
        { form: entries[d] as Form, weight: -sign },
        ...[own.absent, other.absent].map((none) => ({ form: none, weight: -1 })),
      ]);
      if (form.terms.length === 0) return [];
      return [lowering.step(form, 0, 2, [{ register: distance, feature: 0, weight: 1 / least }])];
    }),
  );
  steps.push(oneAlone(lowering, own, other, distance), oneAlone(lowering, other, own, distance));
  lowering.addGroup({ kind: 'neurons', name: distance.name, spans: node.spans, steps, base: [] });
  const register = lowering.newRegister(node.name ?? 'same token', node, null, 'features');
  const [different, same] = [lowering.addFeature(register, null, 1), lowering.addFeature(register, null, 0)];
  const far: Form = { constant: 0, terms: [{ register: distance, feature: 0, weight: -1 }] };
  const writes = [
    { register, feature: 0, weight: -1 },
    { register, feature: 1, weight: 1 },
  ];
  lowering.addGroup({
    kind: 'neurons',
    name: register.name,
    spans: node.spans,
    steps: [lowering.step(far, -1, 0, writes)],
    base: [{ register, feature: 0, weight: 1 }],
  });
  return [different, same];
}

/** Whether there is the one token and not the other: above 0, and else below it while one is heard less than three times as loud as the other. */
function oneAlone(lowering: LoweringSource, one: CodeForms, other: CodeForms, to: Register): Step {
  const parts = [
    { form: one.present, weight: 0.5 },
    { form: one.absent, weight: -1.5 },
    { form: other.present, weight: -1.5 },
    { form: other.absent, weight: 0.5 },
  ];
  return lowering.step(combineForms(parts), -1, 1, [{ register: to, feature: 0, weight: 1 }]);
}
