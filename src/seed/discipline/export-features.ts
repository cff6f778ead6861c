/** Exports as they lie in the stream: a dimension a value, a quotient of numbers, or the code of a token. */
import type { Form } from '../../circuit/circuit.ts';
import { combineForms } from '../../circuit/form.ts';
import { codeEntry } from '../../codes/token-code.ts';
import { domainSize, numericValue } from '../../graph/domain.ts';
import type { SOp } from '../../graph/graph.ts';
import type { Export } from '../../graph/program.ts';
import { type Value, valuesEqual } from '../../graph/value.ts';
import { isWholeToken } from '../../graph/whole-token.ts';
import { unitForms } from './codes/token-codes.ts';
import type { RatioCode } from './counts/ratio-code.ts';
import type { GivenCodes } from './lowering-source.ts';
import { countOf, type LoweringSource, refuse } from './lowering-source.ts';

/** One export as it lies in the stream. */
export interface SeedFeature {
  readonly name: string;
  readonly node: SOp;
  readonly code:
    | { readonly kind: 'categorical'; readonly values: readonly Value[]; readonly forms: readonly Form[] }
    | { readonly kind: 'numeric'; readonly numerator: Form; readonly denominator: Form }
    /** Entries of ±1 of a token's code, all about 0 where there is none. */
    | { readonly kind: 'token'; readonly forms: readonly Form[]; readonly codes: GivenCodes; readonly values: readonly Value[] };
}

/** A mean that has more is a number at once: neighbouring means lie close together. */
const MOST_MEANS = 20;
/** An export with more values than this is a number where it can be. */
const MOST_EXPORTED = 130;

export function featureOf(lowering: LoweringSource, { name, node }: Export, given: GivenCodes | null): SeedFeature {
  const { domain } = lowering.facts.of(node);
  if (given !== null && isWholeToken(node)) {
    const code = {
      kind: 'token',
      forms: unitForms(lowering.codeOf(node)),
      codes: given,
      values: lowering.facts.assumptions.vocabulary,
    } as const;
    return { name, node, code };
  }
  const ratio = isCounted(node) ? lowering.ratioOf(node) : null;
  const isMean = ratio !== null && ratio.counted === 'positions' && ratio.cases.length === 1 && ratio.cases[0]?.gate === null;
  if (domain.kind === 'finite' && domain.values.length <= (isMean ? MOST_MEANS : MOST_EXPORTED)) {
    const distinct = domain.values.filter((v, i) => i === 0 || !valuesEqual(v, domain.values[i - 1] as Value));
    const classOf = Int32Array.from(domain.values, (v) => distinct.findIndex((d) => valuesEqual(d, v)));
    return { name, node, code: { kind: 'categorical', values: distinct, forms: lowering.partition(node, classOf) } };
  }
  const number = ratio ?? lowering.ratioOf(node);
  const [only, ...more] = number?.cases ?? [];
  if (number === null || only === undefined || more.length > 0 || only.gate !== null) {
    return refuse(node, `it has ${countOf(domainSize(domain))} values, of which a dimension each is kept for ${MOST_EXPORTED} at most`);
  }
  const { numerator, denominator } = only;
  if (number.absent === null || domain.kind !== 'finite') return { name, node, code: { kind: 'numeric', numerator, denominator } };
  // where there is nothing to average both are zero, and what is added then is the default over 1
  const nothing = absence(lowering, node, denominator, number);
  const otherwise = numericValue(domain.values[number.absent] as Value);
  const add = (form: Form, weight: number): Form =>
    combineForms([
      { form, weight: 1 },
      { form: nothing, weight },
    ]);
  return { name, node, code: { kind: 'numeric', numerator: add(numerator, otherwise), denominator: add(denominator, 1) } };
}

/** 1 where a share is zero. */
function absence(lowering: LoweringSource, node: SOp, share: Form, { unit, leastUnit }: RatioCode): Form {
  const register = lowering.newRegister(`no ${node.name ?? 'selection'}`, node, null, 'features');
  const nothing = lowering.addFeature(register, null, 1);
  const form = combineForms([
    { form: share, weight: 1 },
    { form: unit, weight: -0.5 },
  ]);
  const writes = [{ register, feature: 0, weight: -1 }];
  const steps = [lowering.step(form, -0.5 * leastUnit, 0.5 * leastUnit, writes)];
  lowering.addGroup({ kind: 'neurons', name: register.name, spans: node.spans, steps, base: [{ register, feature: 0, weight: 1 }] });
  return nothing;
}

/** Whether a term is a count that ratios are made of, and not a position that is better read from its table. */
export function isCounted(term: SOp): boolean {
  return term.kind === 'width' || term.kind === 'aggregate' || term.kind === 'indices';
}

/** What tells the tokens that are known of: the products with their codes. */
export function tokenLogits({ forms, codes, values }: Extract<SeedFeature['code'], { kind: 'token' }>): { value: Value; form: Form }[] {
  return values.map((value, v) => ({
    value,
    form: combineForms(forms.map((form, d) => ({ form, weight: codeEntry(codes.code, codes.ids[v] ?? 0, d) }))),
  }));
}
