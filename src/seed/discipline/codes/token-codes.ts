/**
 * Which token it is, in a stream that is not ours: a code of ±1, embedded for every token of the model, which heads move and compare. Of no token all
 * of it is 0.
 */
import type { Feature, Form, Register } from '../../../circuit/circuit.ts';
import { constantForm, scaleForm } from '../../../circuit/form.ts';
import { codeEntry, type TokenCode } from '../../../codes/token-code.ts';
import type { SOp } from '../../../graph/graph.ts';
import type { CodeForms, GivenCodes, LoweringSource, OpenRegister, PendingHead } from '../lowering-source.ts';

/** A whole code is this many times as loud as a feature's 1. */
const LOUDNESS = 4;

/** What an entry of a code is in the stream, beside a feature's 1. */
export function codeLevel({ length }: TokenCode): number {
  return LOUDNESS / Math.sqrt(length);
}

/** Entries of ±1. */
export function unitForms({ forms, level }: Pick<CodeForms, 'forms' | 'level'>): Form[] {
  return forms.map((form) => scaleForm(form, 1 / level));
}

/** The register of the input's own tokens, by value of the vocabulary. */
export function embeddedCode(lowering: LoweringSource, node: SOp, { code, ids }: GivenCodes): { register: Register } & CodeForms {
  const level = codeLevel(code);
  const levels = Array.from({ length: code.length }, (_, d) => Float64Array.from(ids, (id) => level * codeEntry(code, id, d)));
  const register = lowering.newRegister('tokens', node, null, 'features');
  return { register, ...entriesOf(register, level, levels), present: constantForm(1), absent: constantForm(0) };
}

/** New entries of a register, one for each of a code's. */
export function entriesOf(
  register: OpenRegister,
  level: number,
  levels: readonly (Float64Array | null)[],
): Pick<CodeForms, 'forms' | 'level'> {
  const forms = levels.map((own): Form => {
    const entry: Feature = { levels: own, spread: null, low: -level, high: level, bos: 0, unit: 1 };
    return { constant: 0, terms: [{ register, feature: register.features.push(entry) - 1, weight: 1 }] };
  });
  return { forms, level };
}

/** Codes that a head has moved which tells the last of several from the one before, cut clean by neurons before they are compared. */
export function sharpCode(lowering: LoweringSource, codes: CodeForms): CodeForms {
  if (!codes.forms.some(({ terms }) => terms.some(({ register }) => lowering.blurred.has(register)))) return codes;
  const register = lowering.newRegister('sharp token', null, null, 'features');
  const sharp = entriesOf(
    register,
    codes.level,
    codes.forms.map(() => null),
  );
  const steps = unitForms(codes).flatMap((form, feature) =>
    [1, -1].map((sign) => lowering.step(scaleForm(form, sign), 0, 1, [{ register, feature, weight: sign * codes.level }])),
  );
  const [present, absent] = [codes.present, codes.absent].map((form): Form => {
    const clean = lowering.addFeature(register, null, 0);
    steps.push(lowering.step(form, 0, 1, [{ register, feature: register.features.length - 1, weight: 1 }]));
    return clean;
  }) as [Form, Form];
  lowering.addGroup({ kind: 'neurons', name: register.name, spans: [], steps, base: [] });
  return { ...sharp, present, absent };
}

/**
 * What a head moves of a code.
 *
 * @param seen a form where the head sees it, and another number at BOS
 * @param isSure whether it finds a token everywhere
 */
export function movedCode(
  lowering: LoweringSource,
  head: PendingHead,
  register: OpenRegister,
  codes: CodeForms,
  seen: (form: Form, atBos: number) => Form,
  isSure: boolean,
): CodeForms {
  const moved = entriesOf(
    register,
    codes.level,
    codes.forms.map(() => null),
  );
  for (const [feature, form] of codes.forms.entries()) head.values.push({ form: seen(form, 0), write: { register, feature, weight: 1 } });
  const flag = (form: Form, atBos: number): Form => {
    const feature = lowering.addFeature(register, null, atBos);
    head.values.push({ form: seen(form, atBos), write: { register, feature: register.features.length - 1, weight: 1 } });
    return feature;
  };
  return { ...moved, present: flag(codes.present, 0), absent: flag(codes.absent, isSure ? 0 : 1) };
}
